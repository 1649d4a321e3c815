//! `fixtures/scan/<case>`: an input (file or folder), options, and the digest that a person and a
//! script get.

use crate::program::{agree, assert_balances, case_args, fixtures, run, scan_case};
use std::fs;

fn check(case: &str) {
    let folder = scan_case(case);
    let folder = folder.path();
    let input = if folder.join("input").exists() { "input" } else { "input.log" };
    let options = case_args("scan", case);
    let scan = |format: &str| {
        let mut args = vec!["scan", input, "--format", format];
        args.extend(options.iter().map(String::as_str));
        run(folder, &args).ok()
    };
    let expected = fixtures("scan").join(case);
    agree(&expected.join("expected.txt"), &scan("text").out);
    agree(&expected.join("expected.ndjson"), &scan("ndjson").out);
    let json = scan("json");
    assert_balances(&json.json());
    assert_eq!(json.out, scan("json").out, "two runs differ");
    assert_eq!(json.json(), scan("ndjson").json(), "the two forms of JSON differ");
}

macro_rules! cases {
    ($($case:ident,)*) => {
        $(#[test] fn $case() { check(stringify!($case)); })*

        #[test]
        fn every_case_is_checked() {
            let known = [$(stringify!($case),)*];
            for entry in fs::read_dir(fixtures("scan")).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                assert!(known.contains(&name.as_str()), "nothing checks {name}");
            }
        }
    };
}

cases! {
    account_on_four_devices,
    anomaly,
    burst,
    dirty_bytes,
    drive_that_degrades,
    mixed_format,
    kernel_crash,
    new_year,
    precursor,
    quiet,
    recurrence,
    repeated,
    restarts_after_the_backup,
    returned,
    rotated_folder,
    scope_that_fills,
    silence,
    spread,
    stack_trace,
    tunnel_of_a_branch,
    vpn_self_heal,
    vpn_until,
}
