//! Text in a cell of a CSV file that people open in a spreadsheet.

/// How formulas begin, also in full width.
const FORMULAS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// The text, prefixed where a spreadsheet would take it for a formula.
pub(crate) fn safe(text: &str) -> String {
    let is_blank = |c: char| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}');
    let is_formula = text.trim_start_matches(is_blank).starts_with(FORMULAS);
    if is_formula { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+81", "'+81"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            (" =1", "' =1"),
            ("\u{200b}=1", "'\u{200b}=1"),
            ("＝1", "'＝1"),
            ("A=1", "A=1"),
            ("", ""),
        ] {
            assert_eq!(safe(text), cell);
        }
    }
}
