//! Standard input, one body a line → one JSON object a line: what `foreshock signatures
//! --body-only` prints, for measuring the tokenizer alone.
#![allow(clippy::print_stdout)]

use std::io::{self, BufRead, Write};

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for (index, line) in io::stdin().lock().split(b'\n').enumerate() {
        let line = line?;
        let signature = engine::signature::line_signature("", &String::from_utf8_lossy(&line));
        let row = serde_json::json!({
            "line": index + 1,
            "signature_id": signature.id,
            "template": signature.template,
        });
        writeln!(out, "{row}")?;
    }
    out.flush()
}
