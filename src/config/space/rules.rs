//! The service's rules for a space document. Order of lists is none of them here: lists are
//! sorted before they are sent.

use super::super::yaml::{Node, Sources};
use crate::model::{Diagnostic, Severity, Space, joined_text};
use serde_json::Value;
use std::collections::BTreeMap;

/// Longest text and list that the service takes.
const MAX_TEXT: usize = 25_000;
const MAX_ITEMS: usize = 10_000;

const TABLE_LISTS: [&str; 2] = ["/data_sources/tables", "/data_sources/metric_views"];
const QUESTION_LISTS: [&str; 2] = ["/config/sample_questions", "/benchmarks/questions"];
const SNIPPET_LISTS: [&str; 3] = [
    "/instructions/sql_snippets/filters",
    "/instructions/sql_snippets/expressions",
    "/instructions/sql_snippets/measures",
];
const INSTRUCTION_LISTS: [&str; 7] = [
    "/instructions/text_instructions",
    "/instructions/example_question_sqls",
    "/instructions/sql_functions",
    "/instructions/join_specs",
    SNIPPET_LISTS[0],
    SNIPPET_LISTS[1],
    SNIPPET_LISTS[2],
];

/// Product limits of lists together: what they hold, the limit, and what it counts.
const LIMITS: [(&[&str], usize, &str); 5] = [
    (&TABLE_LISTS, 30, "tables and views"),
    (
        &[INSTRUCTION_LISTS[0], INSTRUCTION_LISTS[1], INSTRUCTION_LISTS[2]],
        100,
        "instructions (texts, examples, functions)",
    ),
    (&[INSTRUCTION_LISTS[2]], 50, "functions"),
    (&[INSTRUCTION_LISTS[3], SNIPPET_LISTS[0], SNIPPET_LISTS[1], SNIPPET_LISTS[2]], 200, "joins and snippets"),
    (&[QUESTION_LISTS[1]], 500, "benchmark questions"),
];

/// Columns of a space that may have a dictionary of their values.
const MAX_ENTITY_COLUMNS: usize = 120;

/// Everything that the service would refuse or warn about, in the order of the rules.
pub(in super::super) fn check_rules(space: &Space, root: &Node, sources: &Sources) -> Vec<Diagnostic> {
    let document = space.document();
    let mut rules = Rules { document, root, sources, findings: Vec::new() };
    rules.version();
    rules.ids("/config/sample_questions");
    rules.ids("/benchmarks/questions");
    INSTRUCTION_LISTS.iter().for_each(|list| rules.ids(list));
    rules.unique_ids(&QUESTION_LISTS, "question");
    rules.unique_ids(&INSTRUCTION_LISTS, "instruction");
    rules.tables();
    rules.limits();
    rules.examples();
    rules.joins();
    rules.snippets();
    rules.benchmarks();
    rules.sizes("", document);
    rules.findings
}

struct Rules<'a> {
    document: &'a Value,
    root: &'a Node,
    sources: &'a Sources,
    findings: Vec<Diagnostic>,
}

impl<'a> Rules<'a> {
    fn list(&self, pointer: &str) -> &'a [Value] {
        self.document.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The places of all elements of some lists.
    fn elements(&self, lists: &[&str]) -> Vec<(String, &'a Value)> {
        let of = |list: &&str| {
            let items = self.list(list).iter().enumerate();
            items.map(|(at, item)| (format!("{list}/{at}"), item)).collect::<Vec<_>>()
        };
        lists.iter().flat_map(of).collect()
    }

    fn report(&mut self, severity: Severity, code: &str, pointer: &str, message: String) -> &mut Diagnostic {
        let span = self.sources.span(self.root.nearest(pointer).at);
        self.findings.push(Diagnostic { severity, span, ..Diagnostic::error(code, message) });
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }

    fn error(&mut self, code: &str, pointer: &str, message: String) -> &mut Diagnostic {
        self.report(Severity::Error, code, pointer, message)
    }

    fn warn(&mut self, code: &str, pointer: &str, message: String) -> &mut Diagnostic {
        self.report(Severity::Warning, code, pointer, message)
    }

    fn version(&mut self) {
        if self.document.get("version").is_none() {
            let finding = self.error("GE0304", "", "the space has no `version`".to_owned());
            finding.help = Some("add `version: 2`".to_owned());
        }
    }

    fn ids(&mut self, list: &str) {
        for (pointer, item) in self.elements(&[list]) {
            let kind = singular(list);
            match item.get("id") {
                None => {
                    self.error("GE0311", &pointer, format!("{kind} has no `id`")).help =
                        Some(format!("add an id, such as `id: {}`", suggested_id(&pointer, item)));
                }
                Some(id) if !is_id(id) => {
                    let shown = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
                    let message = format!("`{shown}` is not an id: 32 lower-case hexadecimal characters are needed");
                    self.error("GE0311", &format!("{pointer}/id"), message).help =
                        Some(format!("one made from the content is {}", suggested_id(&pointer, item)));
                }
                Some(_) => {}
            }
        }
    }

    fn unique_ids(&mut self, lists: &[&str], kind: &str) {
        let mut seen: BTreeMap<&str, String> = BTreeMap::new();
        for (pointer, item) in self.elements(lists) {
            let Some(id) = item.get("id").and_then(Value::as_str) else { continue };
            match seen.get(id) {
                None => {
                    seen.insert(id, pointer);
                }
                Some(first) => {
                    let message = format!("the {kind} id `{id}` is used twice; {}", self.also_at(first));
                    self.error("GE0312", &format!("{pointer}/id"), message);
                }
            }
        }
    }

    fn also_at(&self, pointer: &str) -> String {
        let span = self.sources.span(self.root.nearest(pointer).at);
        span.map_or("it stands elsewhere too".to_owned(), |span| format!("first in line {}", span.line))
    }

    fn tables(&mut self) {
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        let mut entities = 0;
        for (pointer, table) in self.elements(&TABLE_LISTS) {
            let identifier = table.get("identifier").and_then(Value::as_str).unwrap_or_default();
            let at = format!("{pointer}/identifier");
            if let Some(first) =
                seen.insert(identifier.to_lowercase(), pointer.clone()).filter(|_| !identifier.is_empty())
            {
                let message = format!("the table `{identifier}` is given twice; {}", self.also_at(&first));
                self.error("GE0313", &at, message);
            }
            if !identifier.is_empty() && parts(identifier) != 3 {
                self.warn("GE0325", &at, format!("`{identifier}` is not a full name: catalog.schema.table"));
            }
            if table.get("id").is_some() {
                self.error("GE0323", &format!("{pointer}/id"), "a table has no `id`".to_owned());
            }
            entities += self.columns(&pointer, table);
        }
        if entities > MAX_ENTITY_COLUMNS {
            let message = format!("{entities} columns have entity matching; a space may have {MAX_ENTITY_COLUMNS}");
            self.warn("GE0316", "/data_sources", message);
        }
    }

    /// Checks the columns of one table; returns how many have entity matching.
    fn columns(&mut self, table_pointer: &str, table: &'a Value) -> usize {
        let columns = table.get("column_configs").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let is_v2 = self.document.get("version").and_then(Value::as_i64) != Some(1);
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        let mut entities = 0;
        for (at, column) in columns.iter().enumerate() {
            let pointer = format!("{table_pointer}/column_configs/{at}");
            let name = column.get("column_name").and_then(Value::as_str).unwrap_or_default();
            if let Some(first) = seen.insert(name.to_lowercase(), pointer.clone()).filter(|_| !name.is_empty()) {
                let message = format!("the column `{name}` is given twice; {}", self.also_at(&first));
                self.error("GE0313", &format!("{pointer}/column_name"), message);
            }
            if column.get("id").is_some() {
                self.error("GE0323", &format!("{pointer}/id"), "a column has no `id`".to_owned());
            }
            for (old, new) in RENAMED.into_iter().filter(|(old, _)| is_v2 && column.get(old).is_some()) {
                self.error("GE0317", &format!("{pointer}/{old}"), format!("`{old}` is a name of version 1")).help =
                    Some(format!("write `{new}`"));
            }
            let flag = |names: [&str; 2]| names.iter().any(|name| column.get(name) == Some(&Value::Bool(true)));
            let entity = flag(["enable_entity_matching", "build_value_dictionary"]);
            entities += usize::from(entity);
            if entity && !flag(["enable_format_assistance", "get_example_values"]) {
                let at = format!("{pointer}/enable_entity_matching");
                let message = format!("entity matching of `{name}` needs format assistance");
                self.error("GE0319", &at, message).help = Some("add `enable_format_assistance: true`".to_owned());
            }
        }
        entities
    }

    fn limits(&mut self) {
        if self.list("/instructions/text_instructions").len() > 1 {
            let message = "a space holds at most one text instruction".to_owned();
            self.error("GE0314", "/instructions/text_instructions/1", message).help =
                Some("put the texts together in one".to_owned());
        }
        for (lists, limit, what) in LIMITS {
            let count: usize = lists.iter().map(|list| self.list(list).len()).sum();
            if count > limit {
                self.warn("GE0316", lists[0], format!("{count} {what}; the service's limit is {limit}"));
            }
        }
    }

    fn examples(&mut self) {
        for (pointer, example) in self.elements(&["/instructions/example_question_sqls"]) {
            self.needs_sql(&pointer, example, "an example query");
        }
    }

    fn needs_sql(&mut self, pointer: &str, item: &Value, kind: &str) {
        let text = item.get("sql").and_then(joined_text).unwrap_or_default();
        if text.trim().is_empty() {
            self.error("GE0321", &format!("{pointer}/sql"), format!("{kind} needs SQL"));
        }
    }

    fn joins(&mut self) {
        for (pointer, join) in self.elements(&["/instructions/join_specs"]) {
            let sql: Vec<&str> =
                join.get("sql").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
            let at = format!("{pointer}/sql");
            let [condition, marker] = sql.as_slice() else {
                let message = format!("`sql` of a join holds two texts, not {}", sql.len());
                self.error("GE0318", &at, message).help = Some(
                    "the condition, then the relationship, such as `--rt=FROM_RELATIONSHIP_TYPE_MANY_TO_ONE--`"
                        .to_owned(),
                );
                continue;
            };
            if !(marker.trim().starts_with("--rt=FROM_RELATIONSHIP_TYPE_") && marker.trim().ends_with("--")) {
                let message = format!("`{marker}` is not a relationship");
                self.error("GE0318", &format!("{at}/1"), message).help =
                    Some("write for example `--rt=FROM_RELATIONSHIP_TYPE_MANY_TO_ONE--`".to_owned());
            }
            if !is_simple_equality(condition) {
                let message = "the service may refuse this condition".to_owned();
                self.warn("GE0324", &format!("{at}/0"), message).help =
                    Some("one equality in backticks is safe: `` `left`.`column` = `right`.`column` ``".to_owned());
            }
        }
    }

    fn snippets(&mut self) {
        for (pointer, snippet) in self.elements(&SNIPPET_LISTS) {
            let is_filter = pointer.contains("/filters/");
            self.needs_sql(&pointer, snippet, "a snippet");
            if is_filter && snippet.get("alias").is_some() {
                self.error("GE0320", &format!("{pointer}/alias"), "a filter has no `alias`".to_owned());
            }
            let named = snippet.get("display_name").and_then(Value::as_str).is_some_and(|name| !name.is_empty());
            if !named {
                let message = "the snippet has no `display_name`".to_owned();
                let severity = if is_filter { Severity::Error } else { Severity::Warning };
                self.report(severity, "GE0305", &pointer, message);
            }
        }
    }

    fn benchmarks(&mut self) {
        for (pointer, question) in self.elements(&["/benchmarks/questions"]) {
            let at = format!("{pointer}/answer");
            let answers = question.get("answer").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            if answers.len() != 1 {
                let message = format!("a benchmark question has exactly one answer, not {}", answers.len());
                self.error("GE0322", &at, message);
            }
            for (number, answer) in answers.iter().enumerate() {
                if answer.get("format").and_then(Value::as_str) != Some("SQL") {
                    let message = "the format of a benchmark answer is `SQL`".to_owned();
                    self.error("GE0322", &format!("{at}/{number}/format"), message);
                }
                if answer.get("id").is_some() {
                    self.error("GE0323", &format!("{at}/{number}/id"), "an answer has no `id`".to_owned());
                }
            }
        }
    }

    fn sizes(&mut self, pointer: &str, value: &Value) {
        match value {
            Value::String(text) if text.len() > MAX_TEXT && text.chars().count() > MAX_TEXT => {
                let message = format!("a text of {} characters; at most {MAX_TEXT} are taken", text.chars().count());
                self.error("GE0315", pointer, message);
            }
            Value::Array(items) => {
                if items.len() > MAX_ITEMS {
                    let message = format!("{} elements; at most {MAX_ITEMS} are taken", items.len());
                    self.error("GE0316", pointer, message);
                }
                items.iter().enumerate().for_each(|(at, item)| self.sizes(&format!("{pointer}/{at}"), item));
            }
            Value::Object(map) => {
                for (key, child) in map {
                    self.sizes(&format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), child);
                }
            }
            _ => {}
        }
    }
}

const RENAMED: [(&str, &str); 2] =
    [("get_example_values", "enable_format_assistance"), ("build_value_dictionary", "enable_entity_matching")];

fn is_id(id: &Value) -> bool {
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    id.as_str().is_some_and(|id| id.len() == 32 && id.bytes().all(hex))
}

/// An id made from an element's content, so that everybody gets the same.
fn suggested_id(pointer: &str, item: &Value) -> String {
    let list = pointer.rsplit_once('/').map_or(pointer, |(list, _)| list);
    crate::model::short_id(&[list, &crate::model::canonical_json(item)])
}

fn singular(list: &str) -> &'static str {
    match list.rsplit('/').next().unwrap_or_default() {
        "sample_questions" => "a sample question",
        "questions" => "a benchmark question",
        "text_instructions" => "a text instruction",
        "example_question_sqls" => "an example query",
        "sql_functions" => "a function",
        "join_specs" => "a join",
        _ => "a snippet",
    }
}

/// How many parts a dotted name has; dots between backticks do not count.
fn parts(name: &str) -> usize {
    let mut quoted = false;
    let dots = name.chars().filter(|c| {
        quoted ^= *c == '`';
        *c == '.' && !quoted
    });
    dots.count() + 1
}

fn is_simple_equality(condition: &str) -> bool {
    let side = |text: &str| {
        text.trim().split("`.`").count() == 2 && text.trim().starts_with('`') && text.trim().ends_with('`')
    };
    match condition.split_once('=') {
        Some((left, right)) => side(left) && side(right) && !right.contains('='),
        None => false,
    }
}
