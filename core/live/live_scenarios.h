/* live_scenarios.h -- the live view's line per scenario: name, executor,
 * progress, virtual users. What is not needed gives way where the terminal is
 * narrow: the executor's name first.
 *
 * Path: live_block.c -> [live_scenarios] -> live_line.c
 */
#ifndef LIVE_LIVE_SCENARIOS_H
#define LIVE_LIVE_SCENARIOS_H

#include "live/live_line.h"
#include "live/live_state.h"

/* On at most so many lines; where they are too few the last one says how many
 * scenarios are not shown. */
void live_scenarios_draw(struct live_line *line, const struct live_state *state,
                         unsigned most);

#endif
