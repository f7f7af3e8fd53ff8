//! Prints the sandbox's output: short lines, with colour on a terminal.

use std::fmt;
use std::io::{self, IsTerminal, Write};

/// Standard output. A closed pipe, for example after `head`, is not an error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    terminal: bool,
    colour: bool,
}

#[derive(Debug, Clone, Copy)]
enum Ink {
    Bold,
    Dim,
    Green,
    Red,
}

impl Screen {
    pub(crate) fn open() -> Self {
        let terminal = io::stdout().is_terminal();
        Self { terminal, colour: terminal && std::env::var_os("NO_COLOR").is_none() }
    }

    pub(crate) fn line(self, text: impl fmt::Display) {
        self.put(format_args!("{text}\n"));
    }

    pub(crate) fn title(self, text: &str) {
        self.line(format_args!("\n{}", self.inked(Ink::Bold, text)));
    }

    /// Prints one step of a journey and what it proves.
    pub(crate) fn step(self, as_expected: bool, text: &str) {
        let mark =
            if as_expected { self.inked(Ink::Green, "✓") } else { self.inked(Ink::Red, "✗") };
        self.line(format_args!("  {mark} {text}"));
    }

    pub(crate) fn note(self, text: &str) {
        self.line(format_args!("    {}", self.inked(Ink::Dim, text)));
    }

    /// Prints what the demo waits for, on a terminal only; replaces the previous such line.
    pub(crate) fn waiting(self, text: &str) {
        if self.terminal {
            self.put(format_args!("\r\x1b[K  … {text}"));
        }
    }

    /// Clears the last waiting line.
    pub(crate) fn waited(self) {
        if self.terminal {
            self.put(format_args!("\r\x1b[K"));
        }
    }

    fn put(self, text: fmt::Arguments<'_>) {
        let mut out = io::stdout().lock();
        _ = out.write_fmt(text).and_then(|()| out.flush());
    }

    fn inked(self, ink: Ink, text: &str) -> String {
        let code = match ink {
            Ink::Bold => 1,
            Ink::Dim => 2,
            Ink::Green => 32,
            Ink::Red => 31,
        };
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
