/* live_view.h -- what a person sees while the load runs: on a terminal a block
 * of lines that is redrawn in place twice a second, elsewhere a plain line
 * every 10 s. On stderr, so that stdout has the summary alone.
 *
 * Between two drawings the cursor rests on an empty line above the block: what
 * others print lands there, and the block is drawn anew below it; and when the
 * terminal becomes narrower and breaks lines, the block still begins at the
 * cursor. Lines of the log go through the view and never meet the block.
 *
 * Path: live_state.c -> live_block.c -> [live_view] -> terminal.c
 */
#ifndef LIVE_LIVE_VIEW_H
#define LIVE_LIVE_VIEW_H

#include "base/err.h"

struct load;
struct live_view;

/* Watch the run, which must not have begun. NULL and err: out of memory. */
struct live_view *live_view_new(struct load *load, struct err *err);

/* The run is over: put the terminal back. */
void live_view_end(struct live_view *view);

/* After load_free, whose loop has its handles. NULL is fine. */
void live_view_free(struct live_view *view);

#endif
