/* terminal.h -- a terminal that the program draws on: what it can show, its
 * single keys, and its state put back on every exit.
 *
 * One owner at a time. While it is taken the cursor is hidden and, if stdin is
 * a terminal too, keys come one by one, without echo; Ctrl-C and Ctrl-Z still
 * are signals. An exit, or a signal that ends the program and that nobody else
 * handles, puts back what was.
 */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include <stdbool.h>

/* Is it a terminal, and one on which a cursor can be moved? */
bool terminal_is_drawable(int fd);

/* Does the process own it, or does a shell, which has put it into the
 * background? [signal] */
bool terminal_is_ours(int fd);

/* 80 x 24 where it does not say. */
void terminal_size(int fd, unsigned *columns, unsigned *rows);

/* By the locale's variables. */
bool terminal_has_utf8(void);

/* By $NO_COLOR: any text but "" forbids them. */
bool terminal_has_colours(void);

/* Begin to draw on `fd`, or again after terminal_release. */
void terminal_take(int fd);

/* Is there something of the owner's below the line of the cursor? Then
 * terminal_release clears it, and the line. */
void terminal_set_drawn(bool drawn);

/* What does that. Not from the line itself: tmux takes it for a `clear` when
 * the line is the first one, and keeps what was on the screen. */
#define TERMINAL_CLEAR "\r\033[K\033[B\033[J\033[A"

/* Keys arrive at this file descriptor, which does not block and stays open to
 * the end of the program; -1: stdin is no terminal. */
int terminal_keys(void);

/* Put back what was. Nothing when it is not taken. [signal] */
void terminal_release(void);

#endif
