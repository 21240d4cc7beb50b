/* live_view.h -- shows the run while it lasts: on a terminal, a block of lines
 * that is redrawn twice a second; elsewhere, a plain line every 10 s. The view
 * is on stderr, so that stdout has only the summary.
 *
 * Between two drawings the cursor stands on an empty line above the block. Text
 * that something else prints appears there, and the block is drawn again below
 * it. If the terminal becomes narrower and wraps lines, the block still begins
 * at the cursor. The lines of the log go through the view and never mix with
 * the block.
 *
 * Path: live_state.c -> live_block.c -> [live_view] -> base/terminal.c
 */
#ifndef LIVE_LIVE_VIEW_H
#define LIVE_LIVE_VIEW_H

#include "base/err.h"

struct load;
struct live_view;

/* Shows the run of `load`, which has not begun. Returns NULL and sets err if
 * out of memory. */
struct live_view *live_view_new(struct load *load, struct err *err);

/* Ends the view after the run and restores the terminal. */
void live_view_end(struct live_view *view);

/* Frees the view. Called after load_free, because the load's loop has the
 * view's handles. Ignores NULL. */
void live_view_free(struct live_view *view);

#endif
