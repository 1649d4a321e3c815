//! Settings → what a start would refuse of the files and patterns that they name, all of it, without a start. By the same
//! doors through which a start goes.

use super::live;
use super::receivers::tls_files;
use crate::config::Service;
use outputs::rest::TokenList;
use sources::follow::{self, FollowConfig};
use sources::syslog::tls::Tls;

/// What is refused: the setting, and why with a remedy.
pub(crate) fn refused(settings: &Service) -> Vec<(&'static str, String)> {
    let mut refused = Vec::new();
    if let Err(error) = tokens_of(settings) {
        let key = if settings.tokens.is_some() { "listen.tokens" } else { "listen.http" };
        refused.push((key, format!("{error:#}")));
    }
    if let Err(error) = certificates(settings) {
        refused.push(("listen.syslog_tls", format!("{error:#}")));
    }
    for pattern in &settings.files {
        if let Err(error) = is_pattern(settings, pattern) {
            refused.push(("listen.files", format!("{error:#}")));
        }
    }
    refused
}

/// The tokens that the settings name.
pub(crate) fn tokens_of(settings: &Service) -> anyhow::Result<TokenList> {
    live::tokens(settings, settings.http)
}

/// Whether certificate and key can be used, where the settings listen for TLS.
pub(crate) fn certificates(settings: &Service) -> anyhow::Result<()> {
    if !settings.syslog_tls.is_empty() {
        Tls::load(tls_files(settings)?)?;
    }
    Ok(())
}

fn is_pattern(settings: &Service, pattern: &str) -> anyhow::Result<()> {
    let one = [pattern.to_owned()];
    let config = FollowConfig::new("files", one, "places".into(), settings.tenant.clone());
    Ok(follow::check(&config)?)
}
