"""The page at /: what this is, and where the answers are. Plain HTML and one style sheet, nothing from elsewhere."""

STYLE = """\
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; color: #1d2a33 }
h1 { font-size: 1.4rem } code { background: #eef2f5; padding: .1em .3em; border-radius: 3px } a { color: #0b5cad }
li { margin: .4rem 0 }
@media (prefers-color-scheme: dark) {
  body { background: #10171c; color: #dbe4ea } code { background: #223 } a { color: #7bb8f5 }
}
"""

PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tollbook collector</title>
<link rel="stylesheet" href="/style.css">
<h1>Tollbook collector</h1>
<p>This collector books every model call that the agents of your developers report, once, at the list price of its day,
and answers what a ticket cost.</p>
<ul>
<li><a href="/api/v1/spend?group_by=ticket">Spend by ticket</a>, by
<a href="/api/v1/spend?group_by=repo">repository</a>, by
<a href="/api/v1/spend?group_by=engineer,model">engineer and model</a></li>
<li>One ticket: <code>/api/v1/tickets/PAY-123</code></li>
<li><a href="/api/v1/calls?limit=20">The latest calls</a></li>
<li><a href="/api/v1/status">What the record holds</a></li>
<li><a href="/openapi.json">The description of the API</a> (OpenAPI 3.1)</li>
</ul>
<p>The same answers in a terminal: <code>tollbook-collector spend --by ticket</code>,
<code>tollbook-collector ticket PAY-123</code>.</p>
</html>
"""
