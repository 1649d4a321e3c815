# A kernel's log of any size: ordinary messages, and every so many of them a report, for figures on speed and memory.
#   awk -v bytes=1073741824 -v every=450 -v kinds=100 -f crates/engine/benches/kernel_log.awk \
#       fixtures/kernel/oops_dmesg/input.log > big.log
# `every=0` leaves the reports out; `kinds` is how many different functions crash in turn.

function say(text) {
    mono += 1500
    line = sprintf("[%5d.%06d] %s", int(mono / 1000000), mono % 1000000, text)
    written += length(line) + 1
    print line
}

BEGIN {
    split("usb 1-4: new high-speed USB device number 3 using xhci_hcd|" \
        "mill 0000:02:00.0: firmware 12.4 loaded, 4 queues, 512 descriptors each|" \
        "ACPI: button: Power Button [PWRB]|" \
        "pci 0000:00:1c.0: PCI bridge to [bus 02-03], window [mem 0xdf000000-0xdf1fffff]|" \
        "systemd[1]: Started lamp.service - The lamp in the yard.|" \
        "audit: type=1400 audit(1773049200.512:77): operation=\"profile_load\" profile=\"unconfined\" name=\"milld\"|" \
        "EXT4-fs (sda2): mounted filesystem with ordered data mode. Quota mode: none.|" \
        "lamp: probe of 0-000c failed with error -5|" \
        "wlan0: authenticated; associate attempt 1 of 3|" \
        "input: Example Keyboard as /devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0/input/input7", usual, "|")
}

/BUG: /  { in_report = 1 }
in_report { report[++lines] = substr($0, 16) }

END {
    while (written < bytes) {
        say(usual[at % 10 + 1])
        if (every > 0 && ++at % every == 0) {
            name = "lamp_set_" (at / every) % kinds
            for (n = 1; n <= lines; n++) {
                text = report[n]
                gsub(/lamp_set_level/, name, text)
                say(text)
            }
        } else if (every == 0) {
            at++
        }
    }
}
