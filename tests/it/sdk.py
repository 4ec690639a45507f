"""Drives every call that the embedded workspace serves with the official clients.

databricks-sdk with a personal access token, as a service principal (M2M) and as a user with few
permissions; and OpenAI's client for the chat.
"""

import io
import json
import sys
import time

import openai
from databricks.sdk import WorkspaceClient, errors
from databricks.sdk.service import dashboards, iam, serving, sql

url, token, client_id = sys.argv[1:4]
TRIPS = "fleet.ops.trips"
DOCUMENT = {
    "version": 2,
    "data_sources": {"tables": [{"identifier": TRIPS}, {"identifier": "fleet.ops.vans"}]},
    "benchmarks": {"questions": [
        {"id": "0" * 31 + "1", "question": ["How many vans are there?"],
         "answer": [{"format": "SQL", "content": ["SELECT COUNT(*) FROM ", "fleet.ops.vans"]}]},
        {"id": "0" * 31 + "2", "question": ["How many trips are there?"],
         "answer": [{"format": "SQL", "content": ["SELECT COUNT(*) + 1 FROM fleet.ops.trips"]}]}]},
}


def refused(kind, call, says=""):
    try:
        call()
    except kind as error:
        assert says in str(error), error
        return
    raise AssertionError(f"{kind.__name__} expected")


def spaces(w):
    made = w.genie.create_space("embedded", json.dumps(DOCUMENT), title="SDK", description="d",
                                parent_path="/Workspace/Shared")
    assert made.parent_path == "/Shared" and made.etag == "1", made
    bare = w.genie.get_space(made.space_id)
    assert bare.serialized_space is None and bare.etag is None, bare
    read = w.genie.get_space(made.space_id, include_serialized_space=True)
    exported = json.loads(read.serialized_space)
    assert [q["id"][-1] for q in exported["benchmarks"]["questions"]] == ["2", "1"], "descending, as real exports"
    assert exported["data_sources"] == DOCUMENT["data_sources"] and read.etag == "1", read
    assert read.create_time is not None and read.update_time is not None
    changed = w.genie.update_space(made.space_id, title="Other", description="", etag=read.etag)
    assert changed.etag == "1" and changed.title == "Other", "fields beside the document do not move the etag"
    w.genie.update_space(made.space_id, serialized_space='{"version":1}', etag="1")
    migrated = w.genie.get_space(made.space_id, include_serialized_space=True)
    assert json.loads(migrated.serialized_space) == {"version": 2, "data_sources": {}}, "v1 is migrated; replaced whole"
    stale = lambda: w.genie.update_space(made.space_id, serialized_space='{"version":2}', etag="1")
    refused(errors.ResourceConflict, stale, "Etag mismatch")
    refused(errors.InvalidParameterValue, lambda: w.genie.update_space(made.space_id, serialized_space='{"x":1}'),
            "Cannot find field: x in message databricks.datarooms.export.GenieSpaceExport")
    nowhere = {"version": 2, "data_sources": {"tables": [{"identifier": "a.b.c"}]}}
    refused(errors.PermissionDenied, lambda: w.genie.create_space("embedded", json.dumps(nowhere)),
            "Catalog 'a' does not exist")
    refused(errors.NotFound, lambda: w.genie.get_space("0" * 32))
    w.genie.update_space(made.space_id, serialized_space=json.dumps(DOCUMENT))
    pages, page_token = [], None
    while True:
        page = w.genie.list_spaces(page_size=1, page_token=page_token)
        pages += page.spaces
        page_token = page.next_page_token
        if not page_token:
            break
    assert made.space_id in [space.space_id for space in pages]
    return made.space_id


def conversations(w, space):
    message = w.genie.start_conversation_and_wait(space, "How many vans are there?")
    assert message.status == dashboards.MessageStatus.COMPLETED, message
    attachment = next(a for a in message.attachments if a.query)
    assert "COUNT" in attachment.query.query.upper() and attachment.query.query_result_metadata.row_count == 1
    assert attachment.query.thoughts[0].thought_type is not None
    ids = (space, message.conversation_id, message.message_id)
    attached = (*ids, attachment.attachment_id)
    rows = w.genie.get_message_attachment_query_result(*attached).statement_response.result.data_array
    assert len(rows) == 1
    for result in [
        w.genie.execute_message_attachment_query(*attached),
        w.genie.get_message_query_result_by_attachment(*attached),
        w.genie.get_message_query_result(*ids),
        w.genie.execute_message_query(*ids),
    ]:
        assert result.statement_response.result.data_array == rows
    download = w.genie.generate_download_full_query_result(*attached)
    state = None
    while state != sql.StatementState.SUCCEEDED:
        whole = w.genie.get_download_full_query_result(*attached, download.download_id,
                                                       download.download_id_signature).statement_response
        state = whole.status.state
    assert whole.result.external_links[0].external_link.startswith(url)
    w.genie.send_message_feedback(*ids, dashboards.GenieFeedbackRating.POSITIVE)
    assert w.genie.get_message(*ids).feedback.rating == dashboards.GenieFeedbackRating.POSITIVE
    comment = w.genie.create_message_comment(*ids, "well done")
    assert [c.message_comment_id for c in w.genie.list_message_comments(*ids).comments] == [comment.message_comment_id]
    assert [c.content for c in w.genie.list_conversation_comments(*ids[:2]).comments] == ["well done"]
    again = w.genie.create_message_and_wait(space, message.conversation_id, "xyzzy plugh")
    asked_back = [a.text for a in again.attachments if a.text]
    assert asked_back[0].purpose == dashboards.TextAttachmentPurpose.FOLLOW_UP_QUESTION, again
    assert len(w.genie.list_conversation_messages(space, message.conversation_id).messages) == 2
    assert w.genie.list_conversations(space, include_all=True, page_size=3).conversations[0].title
    w.genie.delete_conversation_message(*ids)
    w.genie.delete_conversation(space, message.conversation_id)
    refused(errors.NotFound, lambda: w.genie.get_message(*ids))
    refused(errors.BadRequest, lambda: w.genie.start_conversation(space, " "))


def benchmarks(w, space):
    def finished(run):
        while run.eval_run_status.value != "DONE":
            time.sleep(0.05)
            run = w.genie.genie_get_eval_run(space, run.eval_run_id)
        return run

    run = finished(w.genie.genie_create_eval_run(space))
    assert (run.num_questions, run.num_done, run.num_correct) == (2, 2, 1), run
    ratings = {}
    for result in w.genie.genie_list_eval_results(space, run.eval_run_id).eval_results:
        details = w.genie.genie_get_eval_result_details(space, run.eval_run_id, result.result_id)
        ratings[result.question] = (details.assessment.value, [r.value for r in details.assessment_reasons or []])
        assert details.actual_response[0].sql_execution_result.status.state == sql.StatementState.SUCCEEDED
    assert ratings == {"How many vans are there?": ("GOOD", []),
                       "How many trips are there?": ("BAD", ["SINGLE_CELL_DIFFERENCE"])}, ratings
    part = finished(w.genie.genie_create_eval_run(space, benchmark_question_ids=["0" * 31 + "1"]))
    assert (part.num_questions, part.num_correct) == (1, 1), part
    assert len(w.genie.genie_list_eval_runs(space).eval_runs) == 2


def statements(w):
    run = w.statement_execution.execute_statement
    done = run("SELECT trip_id, fare, day FROM fleet.ops.trips WHERE trip_id >= :least ORDER BY trip_id", "embedded",
               wait_timeout="30s", row_limit=2,
               parameters=[sql.StatementParameterListItem("least", value="3", type="INT")])
    assert done.status.state == sql.StatementState.SUCCEEDED and done.manifest.truncated, done
    assert [c.type_name.value for c in done.manifest.schema.columns] == ["INT", "DECIMAL", "DATE"], done.manifest
    assert done.result.data_array[0][0] == "3"
    assert w.statement_execution.get_statement(done.statement_id).result.row_count == 2
    assert w.statement_execution.get_statement_result_chunk_n(done.statement_id, 0).data_array
    short = run("SELECT count(*) FROM trips", "embedded", catalog="fleet", schema="ops", wait_timeout="30s")
    assert int(short.result.data_array[0][0]) > 0
    links = run("SELECT * FROM range(25000)", "embedded", wait_timeout="30s",
                disposition=sql.Disposition.EXTERNAL_LINKS, format=sql.Format.JSON_ARRAY)
    assert links.manifest.total_chunk_count == 3 and links.result.external_links[0].next_chunk_index == 1
    failed = run("SELECT * FROM nowhere", "embedded", wait_timeout="30s")
    assert failed.status.error.error_code == sql.ServiceErrorCode.BAD_REQUEST
    assert failed.status.error.message.startswith("[TABLE_OR_VIEW_NOT_FOUND]"), failed
    slow = run("SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.id * b.id = -1", "embedded",
               wait_timeout="0s")
    w.statement_execution.cancel_execution(slow.statement_id)
    state = slow.status.state
    while state in (sql.StatementState.PENDING, sql.StatementState.RUNNING):
        state = w.statement_execution.get_statement(slow.statement_id).status.state
    assert state == sql.StatementState.CANCELED, state
    refused(errors.InvalidParameterValue, lambda: run("SELECT 1", "no"), "no is not a valid endpoint id.")
    refused(errors.InvalidParameterValue, lambda: run("SELECT 1", "embedded", wait_timeout="3s"))


def catalog(w):
    table = w.tables.get("fleet.ops.vans")
    assert table.columns[0].name == "van_id" and table.columns[0].type_name is not None, table
    assert [t.name for t in w.tables.list("fleet", "ops", max_results=2)] == ["drivers", "trips", "vans"]
    assert w.tables.exists("fleet.ops.trips").table_exists
    assert len(list(w.tables.list_summaries("fleet", table_name_pattern="t%"))) == 1
    assert [s.name for s in w.schemas.list("fleet")] == ["ops"] and list(w.catalogs.list())
    assert list(w.functions.list("fleet", "ops")) == []
    refused(errors.NotFound, lambda: w.tables.get("fleet.ops.nope"), "Table 'fleet.ops.nope' does not exist.")
    refused(errors.NotFound, lambda: w.tables.get("fleet.nope.x"), "Schema 'fleet.nope' does not exist.")


def files(w):
    w.files.create_directory("/Volumes/main/default/v/d")
    w.files.get_directory_metadata("/Volumes/main/default/v/d")
    path = "/Volumes/main/default/v/d/a file.json"
    w.files.upload(path, io.BytesIO(b"0123456789"), overwrite=True)
    refused(errors.AlreadyExists, lambda: w.files.upload(path, io.BytesIO(b"{}"), overwrite=False))
    assert w.files.download(path).contents.read() == b"0123456789"
    assert w.files.get_metadata(path).content_length == 10
    part = w.api_client.do("GET", "/api/2.0/fs/files/Volumes/main/default/v/d/a%20file.json", raw=True,
                           headers={"Range": "bytes=2-4"})
    assert part["contents"].read() == b"234"
    assert [e.name for e in w.files.list_directory_contents("/Volumes/main/default/v/d")] == ["a file.json"]
    refused(errors.BadRequest, lambda: w.files.delete_directory("/Volumes/main/default/v/d"))
    w.files.delete(path)
    refused(errors.NotFound, lambda: w.files.get_metadata(path))
    w.files.delete_directory("/Volumes/main/default/v/d")
    refused(errors.NotFound, lambda: w.files.get_directory_metadata("/Volumes/main/default/v/d"))


def permissions(w, space):
    levels = w.permissions.get_permission_levels("genie", space).permission_levels
    assert [level.permission_level.value for level in levels][-1] == "CAN_MANAGE"
    grant = lambda level: [iam.AccessControlRequest(user_name="ann@example.com", permission_level=level)]
    ann = WorkspaceClient(host=url, token="token-of-ann")
    refused(errors.PermissionDenied, lambda: ann.genie.get_space(space))
    w.permissions.update("genie", space, access_control_list=grant(iam.PermissionLevel.CAN_RUN))
    assert ann.genie.start_conversation_and_wait(space, "How many vans are there?").attachments
    empty = ann.genie.get_space(space, include_serialized_space=True)
    assert empty.serialized_space is None, "without CAN EDIT the content is left out"
    refused(errors.PermissionDenied, lambda: ann.genie.update_space(space, title="x"))
    refused(errors.PermissionDenied, lambda: ann.genie.list_conversations(space, include_all=True))
    refused(errors.PermissionDenied, lambda: ann.permissions.get("genie", space))
    w.permissions.set("genie", space, access_control_list=grant(iam.PermissionLevel.CAN_EDIT))
    assert ann.genie.get_space(space, include_serialized_space=True).serialized_space
    named = [entry.user_name for entry in w.permissions.get("genie", space).access_control_list]
    assert "ann@example.com" in named and "admin@embedded.local" in named, "the caller keeps CAN_MANAGE"
    w.permissions.set("genie", space, access_control_list=[])
    refused(errors.PermissionDenied, lambda: ann.genie.get_space(space))


def models(w):
    message = serving.ChatMessage(role=serving.ChatMessageRole.USER, content="hi")
    answer = w.serving_endpoints.query("model", messages=[message], max_tokens=5, temperature=0.0)
    assert answer.choices[0].message.content == "hello" and answer.usage.total_tokens > 0
    assert [e.name for e in w.serving_endpoints.list()] == ["model"]
    assert w.serving_endpoints.get("model").name == "model"
    refused(errors.NotFound, lambda: w.serving_endpoints.query("nope", messages=[message]))


def chat_of_openai():
    client = openai.OpenAI(base_url=f"{url}/serving-endpoints", api_key=token)
    ask = lambda words, **more: client.chat.completions.create(
        model="model", messages=[{"role": "user", "content": words}], **more).choices[0]
    assert ask("hi").message.content == "hello"
    schema = {"name": "x", "schema": {"type": "object"}, "strict": True}
    form = ask("as json", response_format={"type": "json_schema", "json_schema": schema})
    assert json.loads(form.message.content) == {"a": 1} and form.finish_reason == "stop"
    refused(openai.NotFoundError, lambda: client.chat.completions.create(model="nope", messages=[]))


def drive(w):
    space = spaces(w)
    conversations(w, space)
    benchmarks(w, space)
    statements(w)
    catalog(w)
    files(w)
    permissions(w, space)
    models(w)
    assert w.current_user.me().user_name == "admin@embedded.local"
    assert w.get_workspace_id() == 900800700600
    w.genie.trash_space(space)
    refused(errors.NotFound, lambda: w.genie.get_space(space), "has been trashed")
    refused(errors.NotFound, lambda: w.api_client.do("GET", "/api/2.0/no-such-thing"), "No API found")


drive(WorkspaceClient(host=url, token=token))
drive(WorkspaceClient(host=url, client_id=client_id, client_secret=token))
chat_of_openai()
refused(errors.Unauthenticated, lambda: WorkspaceClient(host=url, token="made-up").genie.list_spaces())
refused(Exception, lambda: WorkspaceClient(host=url, client_id=client_id, client_secret="x").genie.list_spaces(),
        "invalid_client")
