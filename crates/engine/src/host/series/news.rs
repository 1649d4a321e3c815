//! What all lanes say together, sample after sample → which of them are news: loud ones that are louder
//! than what was told last. Of one story the beginning is told, and where it becomes much worse.

use serde::{Deserialize, Serialize};

/// News is at least this loud, in decades of all lanes together.
const NEWS_MIN: f64 = 3.5;
/// And by so much louder than what was told.
const LOUDER: f64 = 1.5;
/// While this share of what was told is still heard, the story goes on and nothing is forgotten.
const GOES_ON: f64 = 0.5;
/// Decades an hour by which what was told is forgotten, once it is over.
const FORGET: f64 = 0.6;
/// The same for one sample: neither so little that a fine series never forgets, nor more than a decade.
const FORGET_SAMPLE: [f64; 2] = [0.003, 1.0];
/// Seconds of an hour.
const HOUR: f64 = 3_600.0;

/// What was told last, in decades, and is not forgotten.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Told {
    decades: f64,
}

impl Told {
    /// Whether a sample is news; `interval` is the time from one to the next, in seconds. What is not
    /// told raises no bar: a story that grows slowly is told once it has grown enough.
    pub(super) fn is_news(&mut self, decades: f64, interval: f64) -> bool {
        let is_news = decades > NEWS_MIN && decades > self.decades + LOUDER;
        if is_news {
            self.decades = decades;
        } else if decades < GOES_ON * self.decades {
            let [least, most] = FORGET_SAMPLE;
            let forgotten = (FORGET * interval / HOUR).clamp(least, most);
            self.decades = (self.decades - forgotten).max(0.0);
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn news(told: &mut Told, decades: &[f64]) -> Vec<usize> {
        let told = decades.iter().map(|decades| told.is_news(*decades, 300.0));
        told.enumerate().filter_map(|(at, is_news)| is_news.then_some(at)).collect()
    }

    #[test]
    fn of_a_story_the_beginning_is_told() {
        let story = [vec![0.0; 5], vec![6.0; 200], vec![0.0; 200], vec![6.0; 5]].concat();
        assert_eq!(news(&mut Told::default(), &story), [5, 405]);
    }

    #[test]
    fn a_story_that_grows_slowly_is_told_as_it_grows() {
        let story: Vec<f64> = (0..100).map(|n| f64::from(n) * 0.1).collect();
        let told = news(&mut Told::default(), &story);
        assert!((3..=6).contains(&told.len()), "{told:?}");
    }
}
