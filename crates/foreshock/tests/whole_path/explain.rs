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

#[test]
fn what_a_state_knows_is_explained_without_the_files() {
    let folder = scan_case("vpn_self_heal");
    let path = folder.path();
    let scan = ["scan", "input.log", "--state", "state", "--tenant", "acme", "--format", "json"];
    let digest = run(path, &scan).ok().json();
    let id = &candidates(&digest)[0];
    std::fs::remove_file(path.join("input.log")).unwrap();
    let ask = |id: &str, more: &[&str]| {
        run(path, &[&["explain", id, "--state", "state", "--format", "json"], more].concat())
    };
    let told = ask(id, &[]).ok().json();
    assert_eq!(told["item"]["title"], digest["items"][0]["title"]);
    assert_eq!(told["item"]["evidence"], digest["items"][0]["evidence"], "with its lines");
    let signature = told["signature"]["id"].as_str().unwrap();
    assert_eq!(ask(signature, &[]).ok().json()["signature"], told["signature"]);
    // The next run knows it still, and reading changed nothing.
    assert_eq!(ask(id, &[]).ok().json(), told);

    let unknown = ask("cand_6sb2m9csaqz6bchwyz3cr42ty1", &[]);
    assert_eq!(unknown.code, 2, "{}", unknown.err);
    assert!(unknown.err.contains("--state"), "{}", unknown.err);
    assert_eq!(ask(id, &["other.log"]).code, 2, "files or a state, not both");
    let nowhere = run(path, &["explain", id, "--state", "nowhere"]);
    assert!(nowhere.code != 0 && nowhere.err.contains("nowhere"), "{}", nowhere.err);
    let played = run(path, &["replay", "--state", "state", "--format", "json"]).ok().json();
    assert_eq!(played[0]["items"][0]["title"], digest["items"][0]["title"]);
}

#[test]
fn a_kind_that_several_clients_have_is_asked_for_by_client() {
    let folder = scan_case("vpn_self_heal");
    let path = folder.path();
    let mut ids = Vec::new();
    for tenant in ["acme", "beta"] {
        std::fs::copy(path.join("input.log"), path.join(format!("{tenant}.log"))).unwrap();
        // Files are known by their content: another client's is another one.
        let text = std::fs::read_to_string(path.join(format!("{tenant}.log"))).unwrap();
        let first = text.lines().next().unwrap();
        std::fs::write(path.join(format!("{tenant}.log")), format!("{first} of {tenant}\n{text}"))
            .unwrap();
        let file = format!("{tenant}.log");
        let scan = ["scan", &file, "--state", "state", "--tenant", tenant, "--format", "json"];
        ids.push(candidates(&run(path, &scan).ok().json())[0].clone());
    }
    let ask = |id: &str, more: &[&str]| {
        run(path, &[&["explain", id, "--state", "state", "--format", "json"], more].concat())
    };
    assert_ne!(ids[0], ids[1]);
    let told = ask(&ids[1], &[]).ok().json();
    let signature = told["signature"]["id"].as_str().unwrap();
    let ran = ask(signature, &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("acme, beta"), "{}", ran.err);
    assert_eq!(ask(signature, &["--tenant", "beta"]).ok().json()["signature"], told["signature"]);
}
