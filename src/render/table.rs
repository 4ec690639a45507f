//! Plain tables for the terminal: columns as wide as their longest cell, wide letters counted.

use super::style::width;

/// The widest cell that is padded for; longer ones push the rest of their line.
const MOST: usize = 44;

/// Rows under a head, two spaces between columns. Cells must have been made visible.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|name| (*name).to_owned()).collect();
    let all = || std::iter::once(&head).chain(rows);
    let widest = |column: usize| {
        let widths = all().filter_map(|row| Some(width(row.get(column)?)));
        widths.filter(|width| *width <= MOST).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(widest).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, room)| {
            let padding = " ".repeat(room.saturating_sub(width(cell)));
            format!("{cell}{padding}")
        });
        format!("  {}", cells.collect::<Vec<_>>().join("  ")).trim_end().to_owned() + "\n"
    };
    all().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_letters_take_two_places() {
        let rows = [vec!["어제".to_owned(), "1".to_owned()], vec!["x".to_owned(), "22".to_owned()]];
        assert_eq!(table(&["who", "n"], &rows), "  who   n\n  어제  1\n  x     22\n");
    }
}
