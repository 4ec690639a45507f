//! The codes of findings about declared files, for `explain`.

/// One code with its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    pub code: &'static str,
    pub title: &'static str,
    pub explanation: &'static str,
}

const fn code(code: &'static str, title: &'static str, explanation: &'static str) -> Code {
    Code { code, title, explanation }
}

/// All codes, in order.
pub fn codes() -> &'static [Code] {
    CODES
}

const CODES: &[Code] = &[
    // Reading and syntax
    code(
        "GE0101",
        "not valid YAML or JSON",
        "The text breaks off or breaks the language's rules at the place shown. A text that holds `: ` or ` #`, or starts with `@`, `` ` ``, `%`, `*`, `&`, `!`, `|`, `>`, `{` or `[`, must stand in quotes or in a block after `|`.",
    ),
    code("GE0102", "tab used for indentation", "YAML is indented with spaces. Replace the tab."),
    code("GE0103", "empty file", "The file holds nothing, or only comments."),
    code(
        "GE0104",
        "nested too deep",
        "The file nests deeper than any real one. It is not read, to stay within memory.",
    ),
    code("GE0105", "several documents", "A line `---` starts a second YAML document. Each declared file holds one."),
    code(
        "GE0106",
        "tag or key that cannot be read",
        "Only plain data is read: no tags but `!!str`, and texts as keys.",
    ),
    code(
        "GE0107",
        "key given twice",
        "Two values stand under one key, and one would be lost. Keep the one that is meant.",
    ),
    code("GE0111", "file not found", "The path is taken from the folder of the file that names it."),
    code(
        "GE0112",
        "file cannot be read",
        "The path is a folder, or the system refuses to read it; its message says why.",
    ),
    code("GE0113", "not UTF-8", "Declared files are UTF-8. Save the file in that encoding."),
    code("GE0114", "file too large", "A declared file is at most 20 MB."),
    code(
        "GE0115",
        "line too long",
        "No declared text is that long; most often another file was named by mistake, or a download is broken.",
    ),
    code(
        "GE0121",
        "variable without a value",
        "`${env:NAME}` names an environment variable that is not set, or `${var:name}` a value that is neither under `vars` nor given with `--var`.",
    ),
    code(
        "GE0122",
        "malformed interpolation",
        "Write `${env:NAME}` or `${var:name}`; write `$${` for the two characters `${`.",
    ),
    code(
        "GE0123",
        "interpolation in an id",
        "An id is the same everywhere; a variable there would change what a file is about.",
    ),
    // genie.yaml
    code(
        "GE0201",
        "unknown key in the project",
        "The key is not one of the project's. A slip would otherwise silently leave a default in place.",
    ),
    code(
        "GE0202",
        "value not allowed in the project",
        "The value has another type or lies outside the limits. `schemas/project.schema.json` lists them.",
    ),
    code("GE0203", "key missing in the project", "A key that is needed is not there."),
    code(
        "GE0204",
        "environment not found",
        "`-e NAME` merges `genie.NAME.yaml`, which must stand beside the project file.",
    ),
    code("GE0205", "pattern without a match", "A pattern under `benchmarks` matches no file."),
    code("GE0206", "pattern not valid", "A pattern knows `*`, `**`, `?` and `[…]`."),
    code("GE0207", "keys that exclude each other", "A workspace is either `embedded` or a Databricks workspace."),
    code("GE0208", "not a date", "Dates are written YYYY-MM-DD and must be in the calendar."),
    code("GE0209", "guard declared twice", "Each guard has one level and one set of parameters."),
    code("GE0210", "not a space id", "The id of a space has 32 hexadecimal characters, as in the space's URL."),
    code(
        "GE0211",
        "nothing to score",
        "The project has no benchmarks: neither files nor questions in the space itself.",
    ),
    code(
        "GE0212",
        "no tables",
        "A new project is made from a folder with a `schema.json` that names tables, or with CSV or Parquet files.",
    ),
    code(
        "GE0213",
        "rebind that cannot be used",
        "`rebind` maps catalogs to catalogs, or catalog.schema to catalog.schema, each to another one: what is changed in one environment must be writable into the one declared space.",
    ),
    code(
        "GE0215",
        "prompts that cannot be read",
        "`llm.prompts` names a folder with prompts of the project's own; the path is taken from the project file's folder.",
    ),
    code(
        "GE0216",
        "broken prompt",
        "The template of a prompt does not render. `genie-enhance prompts NAME` shows one that does.",
    ),
    code(
        "GE0217",
        "prompt that leaves something out",
        "A prompt shows the model the data with `{% include \"data\" %}` and the form of the answer with `{{ schema }}`; without them it works blind.",
    ),
    code(
        "GE0218",
        "prompt that replaces nothing",
        "A file in the folder `llm.prompts` has a name that no prompt has. `genie-enhance prompts` lists the names.",
    ),
    // space.yaml
    code("GE0301", "not a space", "A space is a group of keys with `version` and `data_sources`."),
    code(
        "GE0302",
        "unknown field in the space",
        "This version does not know the field. It is kept as it is, but the service refuses fields that it does not know.",
    ),
    code("GE0303", "value not allowed in the space", "The field takes another type."),
    code("GE0304", "version of the space", "The document's `version` must be 2, or 1 for an old one."),
    code("GE0305", "field missing in the space", "A field that the service needs is not there."),
    code("GE0311", "id of an element", "Ids have 32 lower-case hexadecimal characters, without hyphens."),
    code(
        "GE0312",
        "id used twice",
        "Question ids are unique over sample questions and benchmarks, instruction ids over all lists of instructions.",
    ),
    code("GE0313", "table or column twice", "Each table appears once, and each column once in a table."),
    code(
        "GE0314",
        "more than one text instruction",
        "A space holds at most one text instruction. Put the texts together, each line with its end.",
    ),
    code("GE0315", "text too long", "A text has at most 25,000 characters."),
    code("GE0316", "too many elements", "The service limits how many elements a space holds."),
    code(
        "GE0317",
        "version 1 flags in version 2",
        "In version 2 `get_example_values` is `enable_format_assistance` and `build_value_dictionary` is `enable_entity_matching`.",
    ),
    code(
        "GE0318",
        "join without two texts",
        "`sql` of a join holds two texts: the condition and the relationship, such as `--rt=FROM_RELATIONSHIP_TYPE_MANY_TO_ONE--`.",
    ),
    code(
        "GE0319",
        "entity matching without format assistance",
        "`enable_entity_matching` needs `enable_format_assistance: true` in the same column.",
    ),
    code("GE0320", "alias on a filter", "Filters have a `display_name` and no `alias`."),
    code("GE0321", "empty SQL", "Snippets and examples need SQL."),
    code("GE0322", "benchmark answer", "A benchmark question has exactly one answer, of format SQL."),
    code(
        "GE0323",
        "id where none belongs",
        "Tables, columns and benchmark answers are known by their names and have no `id`.",
    ),
    code(
        "GE0324",
        "join that may be refused",
        "The service reads one equality of two columns in backticks, over the aliases of the two sides.",
    ),
    code("GE0325", "not a full table name", "Tables are named in full: `catalog.schema.table`."),
    code(
        "GE0326",
        "answer in the space",
        "A text of the space carries a benchmark's answer. The space scores well on that question and has learnt nothing; the guard `gold-leak` keeps such texts out of a change, and what stands there already is told.",
    ),
    // Benchmarks
    code("GE0401", "unknown key in a benchmark", "The key is not one of a question's."),
    code("GE0402", "value not allowed in a benchmark", "The value has another type or lies outside the limits."),
    code("GE0403", "key missing in a benchmark", "A question needs `id`, `question` and `sql`."),
    code(
        "GE0404",
        "not a benchmark file",
        "A benchmark file holds a list of questions, by itself or under `questions:`.",
    ),
    code(
        "GE0411",
        "question id used twice",
        "Ids are unique over all benchmark files, because results are kept by id.",
    ),
    code("GE0412", "empty question", "There is nothing to ask."),
    code(
        "GE0413",
        "empty gold SQL",
        "Without gold SQL an answer cannot be scored. Give it, or leave the question out with `skip: reason`.",
    ),
    code(
        "GE0414",
        "same question, other SQL",
        "Two questions read the same and have different gold SQL, so at least one of them is scored wrongly. If both are right, list the other under `accepted`.",
    ),
    code(
        "GE0415",
        "skip without a reason",
        "`skip` says why the question is left out, so that a reader knows when to take it in again.",
    ),
    code(
        "GE0416",
        "Markdown question incomplete",
        "A question in Markdown has a heading `## …`, a line `**Question:** …` and a block of SQL.",
    ),
    code(
        "GE0417",
        "gold SQL that cannot be used",
        "The gold SQL is not one query that reads. `validate` fails for it; a run goes on without the question, and says so.",
    ),
    // Runs; the guards have codes of their own, from GE0701
    code(
        "GE0501",
        "not confirmed",
        "`apply` writes on confirmation only. Where there is no terminal to type `yes` on, pass `--approve` with the id of the plan that was reviewed.",
    ),
    code(
        "GE0502",
        "table of the space not there",
        "The space names a table that the workspace does not have or may not show. Genie refuses such a space, so nothing can be measured on it.",
    ),
    code(
        "GE0503",
        "SQL that cannot be rebound",
        "In an environment with `rebind`, every catalog and schema in SQL is replaced where the parser sees a name. SQL that does not parse, or that hides a table's name in a quoted text, would go on reading the other environment.",
    ),
    code(
        "GE0504",
        "prose that names another environment",
        "A description or instruction mentions a catalog or schema that stands elsewhere in this environment. Prose is never rewritten; say it without that name.",
    ),
    // The embedded workspace's world
    code(
        "GE0601",
        "unknown key in a world file",
        "The key is none that the world of the embedded workspace has. `genie-enhance schema world` lists them.",
    ),
    code(
        "GE0602",
        "value not allowed in a world file",
        "The value has another type or form, or lies outside the limits.",
    ),
    code("GE0603", "key missing in a world file", "A fault needs `route` and `effect`, an edit needs `route`."),
    // Guards and waivers
    code(
        "GE0790",
        "no such guard",
        "A guard or a waiver names a rule that does not exist. Nothing is planned with it: a typing error must not switch a guard off.",
    ),
    code("GE0791", "parameter of a guard", "The guard does not know the parameter, or it takes another value."),
    code(
        "GE0792",
        "waiver that does not hold",
        "A waiver needs a reason, an owner and a last day, and holds until that day. Renew it or remove it.",
    ),
    code("GE0793", "waiver of a hard guard", "A guard of level `hard` always holds; no waiver lifts it."),
];
