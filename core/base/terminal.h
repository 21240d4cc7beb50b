/* terminal.h -- draws on a terminal, reads single keys and restores its state.
 *
 * The process has one terminal and one caller that draws on it, the live view
 * of a load test. While the terminal is taken, its cursor is hidden and, if
 * stdin is a terminal too, keys arrive one by one without echo. Ctrl-C and
 * Ctrl-Z still are signals. The state from before is restored by
 * terminal_release, by exit, and by each fatal signal for which the program has
 * no handler of its own.
 *
 * Path: live/live_view.c -> [terminal]
 */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include <stdbool.h>

/* Returns true if `fd` is a terminal whose cursor can be moved ($TERM). */
bool terminal_is_drawable(int fd);

/* Returns true if the process is in the foreground of the terminal `fd`, and
 * false if a shell has put the process into the background. [signal] */
bool terminal_is_ours(int fd);

/* Stores the size of the terminal, 80 x 24 if the terminal does not tell its
 * size. */
void terminal_size(int fd, unsigned *columns, unsigned *rows);

/* Returns true if LC_ALL, LC_CTYPE or LANG names UTF-8 as the character set. */
bool terminal_has_utf8(void);

/* Returns true unless $NO_COLOR is set to a non-empty text. */
bool terminal_has_colours(void);

/* Takes the terminal `fd` to draw on it, for the first time or again after
 * terminal_release. */
void terminal_take(int fd);

/* Tells whether the caller has drawn on the line of the cursor and below. If
 * so, terminal_release clears these lines. */
void terminal_set_drawn(bool drawn);

/* Clears the line of the cursor and all lines below. The sequence clears from
 * the line below the cursor, because tmux takes clearing from the first line of
 * the screen for the command `clear` and keeps the screen in its history. */
#define TERMINAL_CLEAR "\r\033[K\033[B\033[J\033[A"

/* Returns the file descriptor from which keys are read, or -1 if stdin is no
 * terminal. The descriptor does not block and stays open until the program
 * ends. */
int terminal_keys(void);

/* Restores the terminal. Does nothing if the terminal is not taken. [signal] */
void terminal_release(void);

#endif
