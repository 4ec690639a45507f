"""Drives every call the embedded workspace serves with the official SDK: PAT and M2M."""

import io
import json
import sys
import time

from databricks.sdk import WorkspaceClient
from databricks.sdk import errors
from databricks.sdk.service import dashboards, iam, serving, sql

url, token, client_id = sys.argv[1:4]

DOCUMENT = {
    "version": 2,
    "data_sources": {"tables": [{"identifier": "main.sales.customers"}, {"identifier": "main.sales.orders"}]},
    "benchmarks": {"questions": [{"id": "0" * 31 + "1", "question": ["how many?"],
                                  "answer": [{"format": "SQL", "content": ["ROWS 3"]}]}]},
}


def refused(kind, call):
    try:
        call()
    except kind:
        return
    raise AssertionError(f"{kind.__name__} expected")


def spaces(w):
    made = w.genie.create_space("embedded", json.dumps(DOCUMENT), title="SDK", description="d")
    read = w.genie.get_space(made.space_id, include_serialized_space=True)
    assert json.loads(read.serialized_space) == DOCUMENT and read.etag == "1", read
    assert read.create_time is not None
    changed = w.genie.update_space(made.space_id, title="Other", etag=read.etag)
    assert changed.etag == "1" and changed.title == "Other"
    w.genie.update_space(made.space_id, serialized_space='{"version":2}', etag="1")
    refused(errors.ResourceConflict, lambda: w.genie.update_space(made.space_id, serialized_space="{}", etag="1") if False
            else w.genie.update_space(made.space_id, serialized_space='{"version":2}', etag="1"))
    refused(errors.InvalidParameterValue, lambda: w.genie.update_space(made.space_id, serialized_space='{"x":1}'))
    w.genie.update_space(made.space_id, serialized_space=json.dumps(DOCUMENT))
    assert any(s.space_id == made.space_id for s in w.genie.list_spaces(page_size=100).spaces)
    return made.space_id


def conversations(w, space):
    message = w.genie.start_conversation_and_wait(space, "how many?")
    assert message.status == dashboards.MessageStatus.COMPLETED, message
    attachment = message.attachments[0]
    assert attachment.query.query.startswith("SELECT") and attachment.query.query_result_metadata.row_count == 3
    ids = (space, message.conversation_id, message.message_id, attachment.attachment_id)
    result = w.genie.get_message_attachment_query_result(*ids).statement_response
    assert len(result.result.data_array) == 3
    assert w.genie.execute_message_attachment_query(*ids).statement_response.status.state.value == "SUCCEEDED"
    w.genie.send_message_feedback(*ids[:3], dashboards.GenieFeedbackRating.POSITIVE)
    again = w.genie.create_message_and_wait(space, message.conversation_id, "vague")
    assert again.attachments[0].text.content == "Which one?"
    refused(Exception, lambda: w.genie.create_message_and_wait(space, message.conversation_id, "wrong"))
    assert len(w.genie.list_conversation_messages(space, message.conversation_id).messages) == 3
    assert w.genie.list_conversations(space, include_all=True, page_size=3).conversations
    w.genie.delete_conversation_message(*ids[:3])
    w.genie.delete_conversation(space, message.conversation_id)


def benchmarks(w, space):
    run = w.genie.genie_create_eval_run(space)
    while run.eval_run_status.value != "DONE":
        time.sleep(0.05)
        run = w.genie.genie_get_eval_run(space, run.eval_run_id)
    assert (run.num_questions, run.num_correct) == (1, 1), run
    result = w.genie.genie_list_eval_results(space, run.eval_run_id).eval_results[0]
    details = w.genie.genie_get_eval_result_details(space, run.eval_run_id, result.result_id)
    assert details.assessment.value == "GOOD", details
    assert w.genie.genie_list_eval_runs(space).eval_runs


def statements(w):
    done = w.statement_execution.execute_statement("ROWS 3", "embedded", wait_timeout="30s", row_limit=2,
                                                   parameters=[sql.StatementParameterListItem("a", value="1")])
    assert done.status.state == sql.StatementState.SUCCEEDED and done.manifest.truncated
    assert w.statement_execution.get_statement(done.statement_id).result.row_count == 2
    assert w.statement_execution.get_statement_result_chunk_n(done.statement_id, 0).data_array
    failed = w.statement_execution.execute_statement("FAIL", "embedded")
    assert failed.status.error.error_code == sql.ServiceErrorCode.BAD_REQUEST
    slow = w.statement_execution.execute_statement("SLEEP 60000", "embedded", wait_timeout="0s")
    w.statement_execution.cancel_execution(slow.statement_id)
    refused(errors.InvalidParameterValue, lambda: w.statement_execution.execute_statement("x", "no"))


def others(w, space):
    table = w.tables.get("main.sales.orders")
    assert table.table_constraints[0].primary_key_constraint.child_columns == ["id"]
    assert [t.name for t in w.tables.list("main", "sales")] == ["customers", "orders"]
    assert w.tables.exists("main.sales.orders").table_exists
    assert list(w.tables.list_summaries("main")) and list(w.schemas.list("main")) and list(w.catalogs.list())
    refused(errors.NotFound, lambda: w.tables.get("main.sales.nope"))
    w.files.create_directory("/Volumes/main/default/v/d")
    path = "/Volumes/main/default/v/d/f.json"
    w.files.upload(path, io.BytesIO(b"{}"), overwrite=True)
    refused(errors.AlreadyExists, lambda: w.files.upload(path, io.BytesIO(b"{}"), overwrite=False))
    assert w.files.download(path).contents.read() == b"{}"
    assert w.files.get_metadata(path).content_length == 2
    assert [e.name for e in w.files.list_directory_contents("/Volumes/main/default/v/d")] == ["f.json"]
    w.files.delete(path)
    refused(errors.NotFound, lambda: w.files.get_metadata(path))
    w.permissions.update("genie", space, access_control_list=[
        iam.AccessControlRequest(user_name="a@b.c", permission_level=iam.PermissionLevel.CAN_RUN)])
    assert len(w.permissions.get("genie", space).access_control_list) == 3
    w.permissions.set("genie", space, access_control_list=[])
    message = serving.ChatMessage(role=serving.ChatMessageRole.USER, content="hi")
    assert w.serving_endpoints.query("m", messages=[message]).choices[0].message.content == "hello"
    assert [e.name for e in w.serving_endpoints.list()] == ["m"]
    assert w.current_user.me().user_name == "admin@embedded.local"
    assert w.get_workspace_id() == 900800700600


def drive(w):
    space = spaces(w)
    conversations(w, space)
    benchmarks(w, space)
    statements(w)
    others(w, space)
    w.genie.trash_space(space)
    refused(errors.NotFound, lambda: w.genie.get_space(space))


drive(WorkspaceClient(host=url, token=token))
drive(WorkspaceClient(host=url, client_id=client_id, client_secret=token))
refused(errors.Unauthenticated, lambda: WorkspaceClient(host=url, token="made-up").genie.list_spaces())
