//! Replies of a language model: untrusted. They become candidates through the same grounding as
//! mined ones; what cannot be read is an error to be told once to the model.

use super::corrections;
use super::input::{Context, Draft, FixInput};
use super::prompts::{Prompt, PromptKind};
use crate::model::{Address, Candidate, Category, Change, Rejection, SnippetKind, short_id, split_lines};
use crate::sql::{ColumnRef, quote};
use serde_json::{Map, Value, json};

/// What a reply came to.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    pub candidates: Vec<Candidate>,
    pub rejections: Vec<Rejection>,
    /// What could not be read, for the model to repair.
    pub errors: Vec<String>,
    /// The prompt's name and digest.
    pub provenance: String,
}

/// Characters of a reply that are read; what is longer is no list of proposals.
const MAX_REPLY: usize = 200_000;
/// Proposals of one reply that are looked at.
const MAX_CHANGES: usize = 40;

/// Types of parameters that a prompt may use; the service is known to take them.
const TYPE_HINTS: [&str; 5] = ["STRING", "INTEGER", "DECIMAL", "DATE", "BOOLEAN"];

/// JSON Schema of a reply.
pub fn schema(kind: PromptKind) -> Value {
    let fields: &[&str] = match kind {
        PromptKind::Metadata => &["action", "table", "column", "text"],
        PromptKind::JoinSpecs => &["left_table", "left_column", "right_table", "right_column", "relationship"],
        PromptKind::SqlSnippets => &["kind", "alias", "sql", "display_name"],
        PromptKind::SampleQueries => &["question", "sql", "usage_guidance"],
        PromptKind::Instructions => &["section", "line"],
        PromptKind::Deletions => &["address"],
    };
    let text = json!({"type": "string"});
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let mut properties: Map<String, Value> = fields.iter().map(|f| ((*f).to_owned(), text.clone())).collect();
    match kind {
        PromptKind::Metadata => {
            let actions = ["add_synonym", "describe_column", "describe_table", "match_values", "exclude_column"];
            properties.insert("action".to_owned(), json!({"enum": actions}));
        }
        PromptKind::JoinSpecs => {
            let names = ["MANY_TO_ONE", "ONE_TO_MANY", "ONE_TO_ONE", "MANY_TO_MANY"];
            properties.insert("relationship".to_owned(), json!({"enum": names}));
        }
        PromptKind::SqlSnippets => {
            properties.insert("kind".to_owned(), json!({"enum": ["measure", "filter", "expression"]}));
            properties.insert("synonyms".to_owned(), texts.clone());
            properties.insert("instruction".to_owned(), text.clone());
        }
        PromptKind::SampleQueries => {
            let fields = ["name", "type_hint", "description", "default"];
            let inner: Map<String, Value> = fields.iter().map(|f| ((*f).to_owned(), text.clone())).collect();
            let mut inner = inner;
            inner.insert("type_hint".to_owned(), json!({"enum": TYPE_HINTS}));
            let parameter = json!({"type": "object", "properties": inner, "required": fields});
            properties.insert("parameters".to_owned(), json!({"type": "array", "items": parameter}));
        }
        PromptKind::Instructions | PromptKind::Deletions => {}
    }
    properties.insert("reason".to_owned(), text);
    properties.insert("questions".to_owned(), texts.clone());
    properties.insert("patterns".to_owned(), texts);
    let mut required: Vec<&str> = fields.iter().copied().filter(|f| !["column", "text", "alias"].contains(f)).collect();
    required.push("reason");
    json!({
        "type": "object",
        "properties": {"changes": {
            "type": "array",
            "maxItems": MAX_CHANGES,
            "items": {"type": "object", "properties": properties, "required": required},
        }},
        "required": ["changes"],
    })
}

/// Reads a reply. `prompt` is the one it answers.
pub fn parse(kind: PromptKind, reply: &str, input: &FixInput, prompt: &Prompt) -> Reply {
    let mut result = Reply { provenance: prompt.provenance(), ..Reply::default() };
    let items = match items(reply) {
        Ok(items) => items,
        Err(error) => {
            result.errors.push(error);
            return result;
        }
    };
    let context = Context::of(input);
    let mut candidates = Vec::new();
    let form = Form::of(&prompt.schema);
    for (at, item) in items.iter().take(MAX_CHANGES).enumerate() {
        match form.check(item).and_then(|()| draft(kind, item, &context)) {
            Ok((category, changes)) => candidates.push(candidate(category, changes, item, &context, input, prompt)),
            Err(error) => result.errors.push(format!("changes[{at}]: {error}")),
        }
    }
    if items.len() > MAX_CHANGES {
        result.errors.push(format!("{} changes; {MAX_CHANGES} are looked at", items.len()));
    }
    let (wanted, other): (Vec<_>, Vec<_>) =
        candidates.into_iter().partition(|c| input.options.categories.contains(&c.category));
    (result.candidates, result.rejections) = super::ground(&context, wanted);
    result.rejections.extend(other.into_iter().map(|candidate| Rejection {
        detail: format!("The policy leaves out {}.", candidate.category),
        reason: crate::model::RejectionReason::Policy,
        candidate,
    }));
    result
}

/// The JSON of a reply, also from inside a code fence or between sentences.
fn items(reply: &str) -> Result<Vec<Value>, String> {
    let length = reply.chars().count();
    if length > MAX_REPLY {
        return Err(format!("the reply has {length} characters; up to {MAX_REPLY} are read"));
    }
    let start = reply.find('{').ok_or("the reply holds no JSON object")?;
    let mut fault = None;
    let mut object = false;
    for (at, _) in reply.char_indices().filter(|(at, c)| *at >= start && matches!(c, '{' | '[')).take(MAX_STARTS) {
        match serde_json::Deserializer::from_str(&reply[at..]).into_iter::<Value>().next() {
            Some(Ok(value)) => {
                object |= value.is_object();
                let bare = value.as_array().filter(|list| !list.is_empty() && list.iter().all(Value::is_object));
                if let Some(list) = value.get("changes").and_then(Value::as_array).or(bare) {
                    return Ok(list.clone());
                }
            }
            Some(Err(error)) => drop(fault.get_or_insert_with(|| format!("not JSON: {error}"))),
            None => {}
        }
    }
    match (object, fault) {
        (false, Some(fault)) => Err(fault),
        _ => Err("`changes` is missing or no list".to_owned()),
    }
}

/// Brackets from which a reply's JSON is looked for: prose has a few of its own.
const MAX_STARTS: usize = 50;

/// The form of one change.
struct Form(Option<jsonschema::Validator>);

impl Form {
    fn of(schema: &Value) -> Self {
        let item = schema.pointer("/properties/changes/items");
        Self(item.and_then(|item| jsonschema::validator_for(item).ok()))
    }

    /// Every field that is of another form than the schema says.
    fn check(&self, item: &Value) -> Result<(), String> {
        let Some(validator) = &self.0 else { return Ok(()) };
        let told = |error: jsonschema::ValidationError<'_>| {
            let place = error.instance_path().to_string();
            let place = place.trim_start_matches('/');
            let what: String = error.masked_with("it").to_string().chars().take(MAX_FAULT).collect();
            if place.is_empty() { what } else { format!("`{place}`: {what}") }
        };
        let faults: Vec<String> = validator.iter_errors(item).map(told).take(5).collect();
        if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
    }
}

/// Characters of one fault that are told.
const MAX_FAULT: usize = 200;

fn candidate(
    category: Category,
    changes: Vec<Change>,
    item: &Value,
    context: &Context,
    input: &FixInput,
    prompt: &Prompt,
) -> Candidate {
    // Only what really failed and was really mined is evidence.
    let named = |key: &str| -> Vec<String> {
        let list = item.get(key).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut targets = named("questions");
    targets.retain(|id| context.cases.iter().any(|case| case.id == *id));
    let mut patterns = named("patterns");
    patterns.retain(|id| input.patterns.iter().any(|learnt| learnt.pattern.id == *id));
    let behind = input.patterns.iter().filter(|learnt| patterns.contains(&learnt.pattern.id));
    let support = behind.map(|learnt| learnt.pattern.support).max().unwrap_or(0);
    let reason: String = item.get("reason").and_then(Value::as_str).unwrap_or_default().chars().take(400).collect();
    let draft = Draft { category, changes, patterns, support, targets: Vec::new(), reason };
    let mut candidate = corrections::correct(context, draft).finish();
    candidate.targets = targets;
    candidate.provenance = prompt.provenance();
    candidate
}

type Drafted = Result<(Category, Vec<Change>), String>;

fn text<'v>(item: &'v Value, key: &str) -> Result<&'v str, String> {
    let found = item.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    found.ok_or_else(|| format!("`{key}` is missing"))
}

fn draft(kind: PromptKind, item: &Value, context: &Context) -> Drafted {
    match kind {
        PromptKind::Metadata => metadata(item, context),
        PromptKind::JoinSpecs => join(item, context),
        PromptKind::SqlSnippets => snippet(item),
        PromptKind::SampleQueries => example(item),
        PromptKind::Instructions => {
            let line = text(item, "line")?;
            let line = if line.starts_with("- ") { line.to_owned() } else { format!("- {line}") };
            let id = context.instruction().map_or_else(|| short_id(&["text_instruction"]), |(id, _)| id.to_owned());
            let address = Address::text_line(&id, text(item, "section")?, &line);
            Ok((Category::Instructions, vec![Change::add(address, json!(line))]))
        }
        PromptKind::Deletions => deletion(item, context),
    }
}

/// A table's name as the space spells it, where it has such a table.
fn spelled_table(name: &str, context: &Context) -> String {
    let found = context.names.table(name).and_then(|found| context.table(&found.full_name));
    found.or_else(|| context.table(name)).map_or_else(|| name.to_owned(), |table| table.identifier.clone())
}

/// A column's name as the space spells it, else as the catalog does.
fn spelled_column(table: &str, name: &str, context: &Context) -> String {
    let found = context.names.table(table).and_then(|found| Some((&found.full_name, found.column(name)?)));
    let Some((full_name, column)) = found else { return name.to_owned() };
    let spelled = context.spelled(&ColumnRef::new(full_name, &column.name));
    spelled.map_or_else(|| column.name.clone(), |(_, name)| name)
}

fn metadata(item: &Value, context: &Context) -> Drafted {
    let table = &spelled_table(text(item, "table")?, context);
    let action = text(item, "action")?;
    let column = || text(item, "column").map(|name| spelled_column(table, name, context));
    let flag = |flag: &str| -> Result<Change, String> {
        Ok(Change::add(Address::column_field(table, &column()?, flag), json!(true)))
    };
    let changes = match action {
        "add_synonym" => {
            let word = text(item, "text")?;
            vec![Change::add(Address::synonym(table, &column()?, word), json!(word))]
        }
        "describe_column" => {
            let address = Address::column_field(table, &column()?, "description");
            vec![Change::add(address, json!(split_lines(text(item, "text")?)))]
        }
        "describe_table" => {
            vec![Change::add(Address::table_field(table, "description"), json!(split_lines(text(item, "text")?)))]
        }
        "match_values" => vec![flag("enable_format_assistance")?, flag("enable_entity_matching")?],
        "exclude_column" => vec![flag("exclude")?],
        other => return Err(format!("`{other}` is no action")),
    };
    Ok((Category::Metadata, changes))
}

fn join(item: &Value, context: &Context) -> Drafted {
    let table = |side: &str| text(item, side).map(|name| spelled_table(name, context));
    let (left, right) = (&table("left_table")?, &table("right_table")?);
    let column =
        |side: &str, table: &str| text(item, side).map(|name| spelled_column(table, name, context).replace('`', "``"));
    let short = |name: &str| name.replace('`', "").rsplit('.').next().unwrap_or(name).to_owned();
    let (one, mut two) = (short(left), short(right));
    if one.eq_ignore_ascii_case(&two) {
        two.push_str("_1");
    }
    let sql = format!("`{one}`.`{}` = `{two}`.`{}`", column("left_column", left)?, column("right_column", right)?);
    let marker = format!("--rt=FROM_RELATIONSHIP_TYPE_{}--", text(item, "relationship")?);
    let id = short_id(&["join", left, right, &sql]);
    let element = json!({
        "id": id,
        "left": {"identifier": left, "alias": one},
        "right": {"identifier": right, "alias": two},
        "sql": [sql, marker],
    });
    Ok((Category::JoinSpecs, vec![Change::add(Address::instruction("join_specs", &id), element)]))
}

fn snippet(item: &Value) -> Drafted {
    let kind = match text(item, "kind")? {
        "measure" => SnippetKind::Measure,
        "filter" => SnippetKind::Filter,
        "expression" => SnippetKind::Expression,
        other => return Err(format!("`{other}` is no kind of snippet")),
    };
    let sql = text(item, "sql")?;
    let id = short_id(&[kind.list(), sql]);
    let mut element = json!({"id": id, "sql": split_lines(sql), "display_name": text(item, "display_name")?});
    if let (Ok(alias), false) = (text(item, "alias"), kind == SnippetKind::Filter) {
        element["alias"] = json!(quote(alias).trim_matches('`'));
    }
    if let Some(Value::Array(words)) = item.get("synonyms")
        && !words.is_empty()
    {
        element["synonyms"] = json!(words);
    }
    if let Ok(instruction) = text(item, "instruction") {
        element["instruction"] = json!(split_lines(instruction));
    }
    Ok((Category::SqlSnippets, vec![Change::add(Address::snippet(kind.list(), &id), element)]))
}

fn example(item: &Value) -> Drafted {
    let sql = text(item, "sql")?;
    let id = short_id(&["example", sql]);
    let mut parameters = Vec::new();
    for parameter in item.get("parameters").and_then(Value::as_array).into_iter().flatten() {
        parameters.push(json!({
            "name": text(parameter, "name")?,
            "type_hint": text(parameter, "type_hint")?,
            "description": [text(parameter, "description").unwrap_or_default()],
            "default_value": {"values": [text(parameter, "default").unwrap_or_default()]},
        }));
    }
    let mut element = json!({"id": id, "question": [text(item, "question")?], "sql": split_lines(sql)});
    if !parameters.is_empty() {
        element["parameters"] = json!(parameters);
    }
    element["usage_guidance"] = json!([text(item, "usage_guidance").unwrap_or_default()]);
    Ok((Category::SampleQueries, vec![Change::add(Address::instruction("example_question_sqls", &id), element)]))
}

/// The synonym of a column that stands at this address.
fn synonym_at(address: &Address, context: &Context) -> Option<Value> {
    let segments: Vec<&str> = address.segments().iter().map(String::as_str).collect();
    let ["data_sources", _, table, "column_configs", column, "synonyms", word] = segments.as_slice() else {
        return None;
    };
    let table = context.view.tables.iter().find(|have| have.identifier == *table)?;
    table.column(column)?.synonyms.iter().find(|have| have == word).map(|word| json!(word))
}

/// Only elements that are there and that no person's prose is part of.
fn deletion(item: &Value, context: &Context) -> Drafted {
    let address: Address = text(item, "address")?.parse().map_err(|error| format!("{error}"))?;
    let category = Category::of(&address);
    if let Some(before) = synonym_at(&address, context) {
        return Ok((category, vec![Change::remove(address, before)]));
    }
    let list = match address.segments() {
        [top, list, _] if top == "instructions" => format!("/instructions/{list}"),
        [top, group, list, _] if top == "instructions" => format!("/instructions/{group}/{list}"),
        _ => return Err(format!("`{address}` is not an element that may go")),
    };
    let items = context.space.document().pointer(&list).and_then(Value::as_array);
    let found =
        items.and_then(|items| items.iter().find(|i| i.get("id").and_then(Value::as_str) == Some(address.last())));
    let before = found.cloned().ok_or_else(|| format!("`{address}` is not in the space"))?;
    Ok((category, vec![Change::remove(address, before)]))
}
