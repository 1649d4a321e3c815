//! The families that are built in: one file each in `engine/checks`, one line each here. Of two that fit
//! equally well the earlier one is taken.

macro_rules! built_in {
    ($($name:literal,)*) => {
        /// Name and text of each file.
        pub const BUILT_IN: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../checks/", $name, ".toml"))),)*];
    };
}

built_in! {
    "sshd",
    "ipsec",
    "openvpn",
    "wireguard",
    "dhcp",
    "dhcp-windows",
    "dns",
    "dns-windows",
    "ntp",
    "disk",
    "raid",
    "filesystem",
    "memory",
    "oom",
    "linux-firewall",
    "linux-network",
    "linux-kernel",
    "systemd",
    "cron",
    "postgresql",
    "mysql",
    "sqlserver",
    "redis",
    "rabbitmq",
    "kafka",
    "nginx",
    "apache",
    "haproxy",
    "web",
    "kubernetes",
    "docker",
    "vmware",
    "hyperv",
    "proxmox",
    "cisco-ios",
    "cisco-asa",
    "fortigate",
    "paloalto",
    "juniper",
    "mikrotik",
    "unifi",
    "postfix",
    "exchange",
    "active-directory",
    "samba",
    "ftp",
    "tls",
    "backup",
    "ups",
    "printers",
    "voip",
    "windows-services",
    // By what is said, whatever the program; and what tells of a host.
    "name-lookup",
    "program-limits",
    "connections",
    "agents",
}
