#!/usr/bin/env bash
# approval.sh COMMIT: prints the plan id that was approved in the pull request that COMMIT merged.
# Approved is what the plan's comment shows, once somebody who may has approved the request as it
# was merged: a push after the approval asks for another one.
set -euo pipefail

here=$(dirname "$0")
request=$(gh api "repos/$GITHUB_REPOSITORY/commits/$1/pulls" | jq -c '[.[] | select(.merged_at != null)] | first')
if [ "$request" = null ]; then
  echo "$1 merged no pull request; there is no approval" >&2
  exit 1
fi
number=$(jq -r .number <<<"$request")
head=$(jq -r .head.sha <<<"$request")
author=$(jq -r .user.login <<<"$request")

approved=$(gh api --paginate "repos/$GITHUB_REPOSITORY/pulls/$number/reviews" | jq -s --arg head "$head" --arg author "$author" '
  add | map(select(.state == "APPROVED" or .state == "CHANGES_REQUESTED" or .state == "DISMISSED"))
      | group_by(.user.login) | map(last)
      | any(.state == "APPROVED" and .commit_id == $head and .user.login != $author
            and (.author_association | IN("OWNER", "MEMBER", "COLLABORATOR")))
        and all(.state != "CHANGES_REQUESTED")')
if [ "$approved" != true ]; then
  echo "pull request $number was not approved at $head; nothing is applied" >&2
  exit 1
fi

comment=$(mktemp)
trap 'rm -f "$comment"' EXIT
gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$number/comments" | jq -rs '
  [add[] | select(.user.type == "Bot" and (.body | startswith("<!-- genie-enhance {")))] | last | .body // empty' >"$comment"
"$here/approved-plan.sh" "$comment"
