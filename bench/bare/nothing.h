/* nothing.h -- included first by what is compiled anew for the program that
 * serve_instructions.sh and profile_cost.sh compare with: its calls of the
 * sampler, on the way of each request and each wait, are none there.
 */
#ifndef BARE_NOTHING_H
#define BARE_NOTHING_H

#include "sample/hooks/contention.h"
#include "sample/walk/context.h"
#include "sample/walk/slow_requests.h"
#include "sample/walk/entry.h"
#include "sample/session/trace.h"
#include "sample/session/wall.h"

static inline void bare_enter(struct entry_place *place, struct lua_State *L)
{
    (void)place;
    (void)L;
}
static inline void bare_leave(struct entry_place *place) { (void)place; }
static inline struct context bare_switch(struct context to) { return to; }
static inline void bare_begin(struct context_request *request, int64_t start_ns)
{
    (void)request;
    (void)start_ns;
}
static inline void bare_waited(int64_t delay_ns) { (void)delay_ns; }
static inline void bare_end(struct context_request *request) { (void)request; }

#define entry_begin bare_enter
#define entry_end bare_leave
#define context_switch bare_switch
#define slow_requests_begin bare_begin
#define slow_requests_end bare_end
#define contention_waited bare_waited
#define contention_held bare_waited
#define trace_is_open() false
#define wall_is_open() false

#endif
