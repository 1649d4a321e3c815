//! The families that real lines of known programs get. The lines stand beside the repository; without them
//! nothing is asked.

use engine::checks::Catalogue;
use engine::normalize::{Reference, normalize};
use engine::signature::line_signature;
use model::Timestamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a label of the samples may be told as.
const TRUTH: &[(&str, &[&str])] = &[
    ("sshd", &["sshd"]),
    ("sudo", &["sshd"]),
    ("su", &["sshd"]),
    ("dropbear", &["sshd"]),
    ("pam", &["sshd", "cron", "postfix"]),
    ("pam-generic", &["sshd"]),
    ("cisco_asa", &["cisco-asa"]),
    ("cisco_ios", &["cisco-ios"]),
    ("ciscoios", &["cisco-ios"]),
    ("iptables", &["linux-firewall"]),
    ("scanlogd", &["linux-firewall"]),
    ("firewalld", &["linux-firewall"]),
    ("fortigate", &["fortigate"]),
    ("fortinet", &["fortigate"]),
    ("systemd", &["systemd"]),
    ("apache", &["apache", "web"]),
    ("apache-auth", &["apache"]),
    ("modsecurity", &["apache"]),
    ("nginx", &["nginx", "web"]),
    ("nginx-http-auth", &["nginx"]),
    ("nginx-limit-req", &["nginx"]),
    ("haproxy", &["haproxy"]),
    ("haproxy-http-auth", &["haproxy"]),
    ("named", &["dns"]),
    ("named-refused", &["dns"]),
    ("bind9", &["dns"]),
    ("nsd", &["dns"]),
    ("isc", &["dhcp", "dns"]),
    ("openbsd-dhcpd", &["dhcp"]),
    ("postfix", &["postfix"]),
    ("exim", &["postfix"]),
    ("dovecot", &["postfix"]),
    ("cyrus-imap", &["postfix"]),
    ("vpopmail", &["postfix"]),
    ("junos", &["juniper"]),
    ("juniper_junos_rfc5424", &["juniper"]),
    ("samba", &["samba"]),
    ("smbd", &["samba"]),
    ("openldap", &["samba"]),
    ("slapd", &["samba"]),
    ("mysqld-auth", &["mysql"]),
    ("openvpn", &["openvpn"]),
    ("charon", &["ipsec"]),
    ("vmware", &["vmware", "sshd", "cron"]),
    ("linux_syslog", &["cron"]),
    ("avaya", &["voip"]),
    ("asterisk", &["voip"]),
    ("mikrotik", &["mikrotik"]),
    ("proxmox", &["proxmox"]),
    ("k8s", &["kubernetes"]),
    ("kafka0", &["kafka"]),
    ("kafka1", &["kafka"]),
];

fn shared() -> Option<PathBuf> {
    let root = std::env::var_os("FORESHOCK_SHARED").map(PathBuf::from);
    let near = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = root.unwrap_or(near).join("data/samples");
    if !path.exists() {
        println!("SKIP: no samples in the shared data");
        return None;
    }
    Some(path)
}

/// Every labelled line: label and line.
fn labelled(samples: &Path) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for file in ["fail2ban/labels.jsonl", "wazuh/labels.jsonl", "sc4s/vendor-syslog.jsonl"] {
        let Ok(text) = std::fs::read_to_string(samples.join(file)) else { continue };
        for row in text.lines() {
            let row: serde_json::Value = serde_json::from_str(row).unwrap();
            let label = row["source"].as_str().unwrap().to_owned();
            lines.push((label, row["log"].as_str().unwrap().to_owned()));
        }
    }
    // These name their program in the file's name.
    for folder in ["crowdsec", "ossec", "elastic-examples"] {
        let Ok(entries) = std::fs::read_dir(samples.join(folder)) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let known = TRUTH.iter().map(|(label, _)| *label);
            let begins = |label: &&str| {
                name.strip_prefix(label).is_some_and(|rest| rest.starts_with(['-', '.', '_']))
            };
            let Some(label) = known.filter(begins).max_by_key(|label| label.len()) else {
                continue;
            };
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            let of_file = text.lines().filter(|line| !line.trim().is_empty());
            lines.extend(of_file.map(|line| (label.to_owned(), line.to_owned())));
        }
    }
    lines
}

#[test]
fn lines_of_known_programs_get_their_family() {
    let Some(samples) = shared() else { return };
    let reference = Reference { now: Timestamp::from_secs(1_795_255_200), zone_offset_secs: 0 };
    let catalogue = Catalogue::built_in();
    let mut counts: BTreeMap<String, [u32; 3]> = BTreeMap::new();
    for (label, line) in labelled(&samples) {
        let Some((_, right)) = TRUTH.iter().find(|(known, _)| *known == label) else { continue };
        let event = normalize(line.as_bytes(), &reference);
        let service = event.service.as_deref().unwrap_or_default();
        let template = line_signature(service, &event.body).template;
        let family = catalogue.family_of(service, &template).map(|f| f.family.as_str());
        let place = match family {
            Some(family) if right.contains(&family) => 0,
            Some(_) => 1,
            None => 2,
        };
        counts.entry(label).or_default()[place] += 1;
    }
    let sum = |place: usize, big: bool| -> u32 {
        let is_counted = |label: &str| big || !label.starts_with("kafka");
        counts.iter().filter(|(label, _)| is_counted(label)).map(|(_, n)| n[place]).sum()
    };
    for (label, [right, wrong, none]) in &counts {
        if wrong + none > 0 {
            println!("{label}: {right} right, {wrong} wrong, {none} without");
        }
    }
    // Most lines are of one product: it may not hide what the others get.
    for big in [true, false] {
        let [right, wrong, none] = [0, 1, 2].map(|place| f64::from(sum(place, big)));
        let all = right + wrong + none;
        let (got, wrong) = ((right + wrong) / all, wrong / all);
        println!("{all} lines: {got:.4} with a family, {wrong:.4} with a wrong one");
        assert!(got >= 0.90 && wrong <= 0.01, "{got} {wrong}");
    }
}
