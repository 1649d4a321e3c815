//! Matching, choosing and filling, case by case; the catalogue as a whole.

use super::*;

#[test]
fn the_built_in_catalogue_is_sound() {
    let catalogue = Catalogue::built_in();
    let problems: Vec<String> =
        catalogue.families().iter().flat_map(lint).map(|p| p.to_string()).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    for ((name, _), family) in BUILT_IN.iter().zip(catalogue.families()) {
        assert_eq!(*name, family.family, "a file bears the name of its family");
    }
}

fn family(service: &str, template: &str) -> Option<&'static str> {
    Catalogue::built_in().family_of(service, template).map(|family| family.family.as_str())
}

#[test]
fn programs_are_known_by_name_without_path_and_instance() {
    for service in ["sshd", "/usr/sbin/sshd", "sshd[812]", "SSHD", "sshd:"] {
        assert_eq!(family(service, "said something"), Some("sshd"), "{service}");
    }
    assert_eq!(family("su(pam_unix)", "session opened"), Some("sshd"));
    assert_eq!(family("postfix/smtpd", "connect from <*>"), Some("postfix"));
    assert_eq!(family("invented", "said something"), None);
    assert_eq!(family("", ""), None);
}

#[test]
fn a_code_says_more_than_a_program_and_that_more_than_words() {
    assert_eq!(family("sshd", "%ASA-4-106023: Deny tcp"), Some("cisco-asa"));
    assert_eq!(family("", "%LINEPROTO-5-UPDOWN: Line protocol on <*>"), Some("cisco-ios"));
    assert_eq!(family("", "100 %-5-done"), None);
    assert_eq!(family("cron", "pam_unix(sshd:session)"), Some("cron"));
    // One program, several families: its words decide.
    assert_eq!(family("kernel", "ata<*>: hard resetting link"), Some("disk"));
    assert_eq!(family("kernel", "EXT4-fs error (device <*>)"), Some("filesystem"));
    assert_eq!(family("kernel", "Out of memory: Killed process <*>"), Some("oom"));
    assert_eq!(family("kernel", "something new"), Some("linux-kernel"));
}

#[test]
fn phrases_begin_where_words_begin() {
    assert!(matching::holds("a corruption", "corrupt"));
    assert!(!matching::holds("the room is full", "oom"));
    assert!(matching::holds("x[oom-kill]", "oom-kill"));
}

#[test]
fn values_have_the_form_that_is_asked_for() {
    use model::{Blank, BlankKind as Kind};
    let found = |kind, after: &[&str], line: &'static str| {
        let after = after.iter().map(|cue| (*cue).to_owned()).collect();
        find(&Blank { name: "x".into(), kind, after, several: None }, line)
    };
    let line =
        "Device: /dev/sdc [SAT], user=o'neil from 192.0.2.7 port 22 (fe80::1), unit cron.service.";
    assert_eq!(found(Kind::Device, &[], line), Some("sdc"));
    assert_eq!(found(Kind::Address, &[], line), Some("192.0.2.7"));
    assert_eq!(found(Kind::Address, &["("], line), Some("fe80::1"));
    assert_eq!(found(Kind::Number, &["port "], line), Some("22"));
    assert_eq!(found(Kind::Unit, &[], line), Some("cron.service"));
    assert_eq!(found(Kind::Word, &["user="], line), Some("o"));
    assert_eq!(found(Kind::Number, &["from "], line), None);
    assert_eq!(found(Kind::AtaPort, &[], "ata3.00: failed"), Some("ata3"));
    assert_eq!(found(Kind::AtaPort, &[], "ata3: hard resetting link"), Some("ata3"));
    assert_eq!(found(Kind::Path, &["in "], "in /etc/../passwd"), None);
    // Nothing stands behind an empty one.
    assert_eq!(found(Kind::Word, &["ruser="], "ruser= rhost=192.0.2.1"), None);
    // A cue begins where a word begins.
    assert_eq!(found(Kind::Name, &["user "], "superuser root"), None);
}

#[test]
fn what_most_lines_name_fills_the_blank() {
    let hole = model::Blank {
        name: "address".into(),
        kind: model::BlankKind::Address,
        after: vec![],
        several: None,
    };
    let mut check = model::Check {
        blanks: Some(Box::new(model::Blanks {
            template: "ping {address} # {host} '{other}'".into(),
            shell: model::Shell::Posix,
            holes: vec![hole],
            known: vec![("host".into(), "a b".into())],
        })),
        ..model::Check::default()
    };
    refill(&mut check, &[]);
    assert_eq!(check.command.as_deref(), Some("ping '<address>' # 'a b' '<other>'"));
    refill(&mut check, &["to 192.0.2.1", "to 192.0.2.2", "to 192.0.2.1", "to 192.0.2.3"]);
    assert_eq!(check.command.as_deref(), Some("ping 192.0.2.1 # 'a b' '<other>'"));
    refill(&mut check, &["to 192.0.2.1", "to 192.0.2.2"]);
    assert_eq!(check.command.as_deref(), Some("ping 192.0.2.2 # 'a b' '<other>'"));
}

#[test]
fn what_is_for_these_words_comes_first_and_no_more_than_three() {
    let family = Catalogue::built_in().named("disk").unwrap();
    let chosen = choose(family, model::CandidateType::Recurrence, "nvme nvme<*>: I/O timeout");
    assert!(chosen[0].words.iter().any(|word| word == "nvme"), "{}", chosen[0].text);
    assert_eq!(chosen.len(), CHECKS_MAX);
    for family in Catalogue::built_in().families() {
        for kind in model::CandidateType::ALL {
            let chosen = choose(family, *kind, "something that no rule names");
            assert!((2..=CHECKS_MAX).contains(&chosen.len()), "{} {kind}", family.family);
        }
    }
}

proptest::proptest! {
    /// Any line gives a value of the form or none.
    #[test]
    fn any_line_can_be_searched(line in ".{0,200}", cue in "[ -~]{0,6}") {
        use model::BlankKind as Kind;
        for kind in [Kind::Address, Kind::Device, Kind::Unit, Kind::Name, Kind::Path, Kind::Word, Kind::Number] {
            let hole = model::Blank { name: "x".into(), kind, after: vec![cue.clone()], several: None };
            if let Some(value) = find(&hole, &line) {
                proptest::prop_assert!(line.contains(value) && !value.chars().any(char::is_whitespace));
                proptest::prop_assert!(kind == Kind::Word || is_plain(value) || value.contains(['%', '\\']), "{value}");
            }
        }
    }
}
