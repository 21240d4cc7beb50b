/* live_block.h -- how the live view looks: its lines, fitted to the width and
 * height of the terminal.
 *
 * Path: live_state.c -> [live_block] -> live_view.c
 */
#ifndef LIVE_LIVE_BLOCK_H
#define LIVE_LIVE_BLOCK_H

#include "base/buf.h"
#include "live/live_line.h"
#include "live/live_state.h"

/* Append the lines, each ended by what clears the rest of it and '\n', at most
 * style->rows of them: where there is no room the last scenarios are left out,
 * and it says how many. */
void live_block_draw(struct buf *out, const struct live_state *state,
                     const struct live_style *style);

/* One line for where nothing can be redrawn, with its end. */
void live_block_draw_plain(struct buf *out, const struct live_state *state);

#endif
