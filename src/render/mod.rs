//! Terminal, Markdown, JSON and HTML forms of plans and scorecards; prints nothing.
