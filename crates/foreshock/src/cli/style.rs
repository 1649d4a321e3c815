//! How much is said and in which colours: options that every command has.

use std::io::{self, IsTerminal};

/// Columns of a page that goes to no terminal, unless COLUMNS says otherwise.
const PAGE_COLUMNS: usize = 100;

/// Options on how to talk to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::Args)]
pub(crate) struct Talk {
    /// Colours in the output: always, never, or when it goes to a terminal (NO_COLOR is honoured)
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    #[arg(hide_possible_values = true)]
    pub(crate) color: Color,
    /// Say nothing but the result and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more: every file that was left out and why
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

impl Talk {
    /// How a page for standard output is drawn.
    pub(crate) fn style(self) -> outputs::Style {
        let terminal = terminal_size::terminal_size_of(io::stdout());
        let width = terminal.map(|(width, _)| usize::from(width.0));
        outputs::Style {
            color: self.color.is_on(),
            width: width.or_else(columns_asked).unwrap_or(PAGE_COLUMNS),
        }
    }
}

/// What the variable COLUMNS asks for, for pages that go to a pager or a file.
fn columns_asked() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok()
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Color {
    /// When standard output is a terminal and NO_COLOR is not set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether standard output gets colours.
    pub(crate) fn is_on(self) -> bool {
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                !unwanted && io::stdout().is_terminal()
            }
        }
    }
}
