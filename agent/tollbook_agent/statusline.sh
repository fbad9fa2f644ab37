#!/bin/sh
# One line for Claude Code's status line: `sh statusline.sh FILE`. What the file holds and what is shown is described in
# statusline.py; this is the same in a POSIX shell, because a shell starts in a millisecond. Always a line, always 0.
LC_ALL=C
stale_seconds=300
most_lines=200
unreadable='⚠ tollbook: the status file cannot be used'

say() {
    printf '%s\n' "$1" 2>/dev/null
    exit 0
}

moment() {
    case $1 in '' | 0* | *[!0-9]* | ?????????????*) say "$unreadable" ;; esac
}

input= lines=0 line=
if [ ! -t 0 ]; then
    while IFS= read -r line || [ -n "$line" ]; do
        input="$input$line "
        lines=$((lines + 1))
        [ "$lines" -lt "$most_lines" ] || break
    done 2>/dev/null
fi
session=
case $input in
*'"session_id"'*'"'*'"'*)
    session=${input#*'"session_id"'}
    session=${session#*\"}
    session=${session%%\"*}
    ;;
esac
case $session in *[!A-Za-z0-9._-]*) session= ;; esac

[ -e "$1" ] || say '⚠ tollbook is not running'
[ -f "$1" ] && [ -r "$1" ] && [ -O "$1" ] || say "$unreadable"
magic= version= written= midnight= state= more= today= mine='no calls yet' name= rest=
{
    IFS=' ' read -r magic version written midnight state more
    IFS= read -r today
    if [ -n "$session" ]; then
        while IFS=' ' read -r name rest; do
            if [ "$name" = "$session" ]; then
                mine=$rest
                break
            fi
        done
    fi
} <"$1" 2>/dev/null
[ "$magic $version$more" = 'tollbook-statusline 1' ] || say "$unreadable"
moment "$written"
moment "$midnight"
case $today in 'today '*) ;; *) say "$unreadable" ;; esac
now=$(date +%s)
[ "$now" -lt "$midnight" ] || today='today $0.00'
case $today$mine in *[![:print:]]*) say "$unreadable" ;; esac
age=$((now - written))
case $state in
on)
    mark=
    [ "$age" -le "$stale_seconds" ] || mark=" | ⚠ $((age / 60)) min old"
    ;;
off) mark=' | ⚠ capture off' ;;
error) mark=' | ⚠ tollbook cannot store' ;;
*) say "$unreadable" ;;
esac
say "$mine | $today$mark"
