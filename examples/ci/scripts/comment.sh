#!/usr/bin/env bash
# comment.sh PULL_REQUEST COMMENT.md: puts a plan's comment into a pull request. There is one
# comment for each space: an earlier one, known by its hidden first line, gets the new text.
set -euo pipefail

pull_request=$1 file=$2
comments="repos/$GITHUB_REPOSITORY/issues/$pull_request/comments"
space=$(head -n 1 "$file" | sed -n 's/^<!-- genie-enhance \({.*}\) -->$/\1/p' | jq -r .space)

earlier=$(gh api --paginate "$comments" | jq -rs --arg space "$space" '
  [add[] | select(.user.type == "Bot" and (.body | startswith("<!-- genie-enhance {")))
         | select((.body | split("\n")[0] | ltrimstr("<!-- genie-enhance ") | rtrimstr(" -->") | fromjson).space == $space)
         | .id] | first // empty')
if [ -n "$earlier" ]; then
  gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$earlier" -F body=@"$file" --silent
else
  gh api --method POST "$comments" -F body=@"$file" --silent
fi
