/* live_scenarios.h -- draws one line per scenario: name, executor, progress,
 * virtual users. On a narrow terminal the less important parts are left out,
 * the executor's name first.
 *
 * Path: live_block.c -> [live_scenarios] -> live_line.c
 */
#ifndef LIVE_LIVE_SCENARIOS_H
#define LIVE_LIVE_SCENARIOS_H

#include "live/live_line.h"
#include "live/live_state.h"

/* Draws at most `most` lines. If these are too few, the last line says how many
 * scenarios are not shown. */
void live_scenarios_draw(struct live_line *line, const struct live_state *state,
                         unsigned most);

#endif
