//! Families → a catalogue. A family of a user's takes the place of ours with the same name; others stand
//! before ours, so that they win where both fit equally well.

use super::list::BUILT_IN;
use super::matching::{Said, strength};
use super::schema::{Family, parse};
use std::sync::{Arc, LazyLock};

/// All that is known, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Catalogue {
    families: Vec<Family>,
}

/// What the engine uses: the built-in catalogue, or one with families of a user's.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Checks {
    own: Option<Arc<Catalogue>>,
    /// The folder that these families came from, as people call it.
    pub folder: Option<String>,
}

impl Checks {
    /// The built-in catalogue with families of a user's, which came from this folder.
    pub fn with(own: Vec<Family>, folder: &str) -> Checks {
        let catalogue = Catalogue::built_in().with(own);
        Checks { own: Some(Arc::new(catalogue)), folder: Some(folder.to_owned()) }
    }

    /// The catalogue in use.
    pub fn catalogue(&self) -> &Catalogue {
        match &self.own {
            Some(catalogue) => catalogue,
            None => Catalogue::built_in(),
        }
    }
}

impl Catalogue {
    /// The catalogue that is built in, read at its first use.
    ///
    /// # Panics
    /// If a file of ours is no family; the tests read them all.
    pub fn built_in() -> &'static Catalogue {
        static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
            let read = |(name, text): &(&str, &str)| match parse(text) {
                Ok(family) => family,
                Err(error) => panic!("the built-in checks of {name}: {error}"),
            };
            Catalogue { families: BUILT_IN.iter().map(read).collect() }
        });
        &CATALOGUE
    }

    /// This catalogue with further families.
    pub fn with(&self, own: Vec<Family>) -> Catalogue {
        let is_replaced = |family: &&Family| !own.iter().any(|o| o.family == family.family);
        let kept: Vec<Family> = self.families.iter().filter(is_replaced).cloned().collect();
        Catalogue { families: own.into_iter().chain(kept).collect() }
    }

    /// The families, in order.
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// The family with this name.
    pub fn named(&self, name: &str) -> Option<&Family> {
        self.families.iter().find(|family| family.family == name)
    }

    /// The family that fits a message best: `service` as the event names it, `template` as the signature
    /// has it. Of several that fit equally well the first in the catalogue.
    pub fn family_of(&self, service: &str, template: &str) -> Option<&Family> {
        let said = Said::of(service, template);
        let mut best: Option<(u32, &Family)> = None;
        for family in &self.families {
            let fits = family.when.iter().filter_map(|when| strength(when, &said)).max();
            if let Some(fits) = fits.filter(|fits| best.is_none_or(|(most, _)| *fits > most)) {
                best = Some((fits, family));
            }
        }
        best.map(|(_, family)| family)
    }
}
