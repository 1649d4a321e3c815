//! What a record says of a user → the same by number and by name, for the users that every system has: agents
//! write one or the other, and a rule must hold for both.

/// Well-known identifiers of Windows (Microsoft, "Well-known SIDs"), lower case, and the names that rules use.
const KNOWN_SIDS: [(&str, &str); 3] =
    [("s-1-5-18", "system"), ("s-1-5-19", "local service"), ("s-1-5-20", "network service")];
/// The one user of Unix whose number is the same on every system.
const ROOT: (u64, &str) = (0, "root");

/// The name (lower case, without a domain) and the number of a user, as far as one tells the other. A number in
/// the name's place is a number; that of root is no user of Windows.
pub(super) fn known(user: &str, uid: Option<u64>, is_windows: bool) -> (String, Option<u64>) {
    let user = user.rsplit('\\').next().unwrap_or_default().to_lowercase();
    let sid = KNOWN_SIDS.iter().find(|(sid, _)| *sid == user);
    let (user, uid) = match (user.parse(), sid) {
        (Ok(number), _) => (String::new(), uid.or(Some(number))),
        (_, Some((_, name))) => ((*name).to_owned(), uid),
        _ => (user, uid),
    };
    let is_root = !is_windows && user.is_empty() && uid == Some(ROOT.0);
    let uid = uid.or_else(|| (!is_windows && user == ROOT.1).then_some(ROOT.0));
    (if is_root { ROOT.1.to_owned() } else { user }, uid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_tells_the_name_and_a_name_the_number_of_users_that_all_systems_have() {
        let of = |user, uid| known(user, uid, false);
        assert_eq!(of("", Some(0)), ("root".to_owned(), Some(0)));
        assert_eq!(of("0", None), ("root".to_owned(), Some(0)));
        assert_eq!(of("Root", None), ("root".to_owned(), Some(0)));
        assert_eq!(of("", Some(33)), (String::new(), Some(33)));
        assert_eq!(of("33", None), (String::new(), Some(33)));
        assert_eq!(of("www-data", None), ("www-data".to_owned(), None));
        assert_eq!(of("NT AUTHORITY\\SYSTEM", None), ("system".to_owned(), None));
        assert_eq!(of("S-1-5-18", None), ("system".to_owned(), None));
        assert_eq!(known("", Some(0), true), (String::new(), Some(0)));
    }
}
