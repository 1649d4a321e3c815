//! Crashes of programs that share the kernel's console: Go runtimes, and the fuzzer's own failures.

use super::{Form, Formless, Header};

pub(super) static GO: Header = Header {
    words: "fatal error:",
    forms: &[Form::new("fatal error:", "go runtime error").traceless()],
    not: &["ALSA", "fatal error: cannot create timer"],
    formless: Formless::Report,
};

pub(super) static FUZZER_FAIL: Header = Header {
    words: "SYZFAIL:",
    forms: &[Form::new("SYZFAIL:(.*)", "SYZFAIL:{1}").traceless()],
    not: &[],
    formless: Formless::Report,
};

pub(super) static FUZZER_FATAL: Header = Header {
    words: "SYZFATAL:",
    forms: &[Form::new("SYZFATAL:(.*)", "SYZFATAL:{1}").also(&["SYZFATAL"]).traceless()],
    not: &[],
    formless: Formless::Report,
};

pub(super) static PANIC: Header = Header {
    words: "panic:",
    forms: &[
        Form::new("panic: Sentry detected .* stuck task", "panic: Sentry detected stuck tasks")
            .traceless(),
        Form::new("panic:(.*)", "panic:{1}").traceless(),
    ],
    // Functions of the kernel end like this, and boot messages.
    not: &["_panic:", "xlog_status:", r"ddb\.onpanic:", "evtlog_status:"],
    formless: Formless::Report,
};
