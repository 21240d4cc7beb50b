/* nothing.h -- included first by what is compiled anew for the program that
 * serve_instructions.sh and profile_cost.sh compare with: its calls of the
 * sampler, on the way of each request and each wait, are none there.
 */
#ifndef BARE_NOTHING_H
#define BARE_NOTHING_H

#include "sample/hooks/contention.h"
#include "sample/session/sampler.h"
#include "sample/session/trace.h"
#include "sample/session/wall.h"

static inline void bare_enter(struct sampler_entry *entry, struct lua_State *L)
{
    (void)entry;
    (void)L;
}
static inline void bare_leave(struct sampler_entry *entry) { (void)entry; }
static inline struct sampler_context bare_switch(struct sampler_context to)
{
    return to;
}
static inline void bare_begin(struct sampler_request *request, int64_t start_ns)
{
    (void)request;
    (void)start_ns;
}
static inline void bare_waited(int64_t delay_ns) { (void)delay_ns; }
static inline void bare_end(struct sampler_request *request) { (void)request; }

#define sampler_enter bare_enter
#define sampler_leave bare_leave
#define sampler_switch bare_switch
#define sampler_begin_request bare_begin
#define sampler_end_request bare_end
#define contention_waited bare_waited
#define contention_held bare_waited
#define trace_is_open() false
#define wall_is_open() false

#endif
