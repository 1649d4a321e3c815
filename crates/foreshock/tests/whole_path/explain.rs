//! Every id that a digest shows can be asked about.

use crate::program::{candidates, run, scan_case};

/// Cases of one story each, and what kind of story it is.
const STORIES: [(&str, &str); 7] = [
    ("anomaly", "anomaly"),
    ("burst", "burst"),
    ("precursor", "precursor"),
    ("recurrence", "recurrence"),
    ("silence", "silence"),
    ("spread", "spread"),
    ("vpn_self_heal", "self_heal"),
];

#[test]
fn every_candidate_and_its_kind_of_message_are_explained() {
    for (case, kind) in STORIES {
        let folder = scan_case(case);
        let folder = folder.path();
        let digest = run(folder, &["scan", "input.log", "--format", "json"]).ok().json();
        let ids = candidates(&digest);
        assert_eq!(ids.len(), 1, "{case}");
        assert_eq!(digest["items"][0]["type"], kind, "{case}");
        for (id, item) in ids.iter().zip(digest["items"].as_array().unwrap()) {
            let ask = |id: &str| run(folder, &["explain", id, "input.log", "--format", "json"]);
            let told = ask(id).ok().json();
            assert_eq!(&told["item"], item, "{case}: the item is the digest's");
            let signature = told["signature"]["id"].as_str().unwrap();
            let of_kind = ask(signature).ok().json();
            assert_eq!(of_kind["signature"], told["signature"], "{case}");
            assert_eq!(of_kind["item"]["candidate_id"], id.as_str(), "{case}");
            let page = run(folder, &["explain", id, "input.log"]).ok().out;
            assert!(page.contains(item["title"].as_str().unwrap().split(':').next().unwrap()));
            assert!(page.contains("HISTORY OF ITS BAND") && page.contains(signature), "{page}");
        }
    }
}

#[test]
fn an_unknown_id_is_a_mistake_with_a_remedy() {
    let folder = scan_case("quiet");
    for id in ["cand_6sb2m9csaqz6bchwyz3cr42ty1", "sig_6sb2m9csaqz6bchwyz3cr42ty1"] {
        let ran = run(folder.path(), &["explain", id, "input.log"]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
        assert!(ran.err.contains(id) && ran.err.contains("--tenant"), "{}", ran.err);
    }
    for id in ["cand_", "sig_short", "inc_6sb2m9csaqz6bchwyz3cr42ty1", ""] {
        let ran = run(folder.path(), &["explain", id, "input.log"]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{id}: {}", ran.err);
    }
}

#[test]
fn an_id_of_another_tenant_is_not_known() {
    let folder = scan_case("vpn_self_heal");
    let scan = ["scan", "input.log", "--format", "json", "--tenant", "acme"];
    let id = &candidates(&run(folder.path(), &scan).ok().json())[0];
    let ask = ["explain", id, "input.log", "--tenant"];
    assert_eq!(run(folder.path(), &[&ask[..], &["acme"]].concat()).code, 0);
    assert_eq!(run(folder.path(), &[&ask[..], &["bolt"]].concat()).code, 2);
}
