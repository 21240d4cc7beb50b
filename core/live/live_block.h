/* live_block.h -- draws the lines of the live view, fitted to the width and
 * height of the terminal.
 *
 * Path: live_state.c -> [live_block] -> live_view.c
 */
#ifndef LIVE_LIVE_BLOCK_H
#define LIVE_LIVE_BLOCK_H

#include "base/buf.h"
#include "live/live_line.h"
#include "live/live_state.h"

/* Appends at most style->rows lines. Each ends with the sequence that clears
 * the rest of the line, and '\n'. If there is no room for all scenarios, a line
 * says how many are left out. */
void live_block_draw(struct buf *out, const struct live_state *state,
                     const struct live_style *style);

/* Appends one line, with its end, for an output that cannot be redrawn. */
void live_block_draw_plain(struct buf *out, const struct live_state *state);

#endif
