/* sampler.h -- what the rest of the program says to the sampler: which threads
 * to watch, which Lua states run on them and for which request.
 */
#ifndef SAMPLE_SESSION_SAMPLER_H
#define SAMPLE_SESSION_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct lua_State;

/* Prepare signals, symbols and the collector thread. Once, from main, before
 * any other thread starts and any Lua state is made. */
bool sampler_init(struct err *err);

/* Keep so many Lua frames of a stack, from the leaf, 1 to SAMPLER_MAX_DEPTH
 * (the default): finding the frame at a level takes time in proportion to the
 * level. Before sampler_init. */
#define SAMPLER_MAX_DEPTH 128
void sampler_set_max_depth(unsigned frames);

/* Watch the calling thread. `worker` is the value of the label `worker` that
 * its samples carry unless sampler_set_labels says otherwise, NULL for none.
 * Every thread of ours calls this first, and detach last. */
bool sampler_attach_thread(const char *worker, struct err *err);
void sampler_detach_thread(void);

/* Labels of the samples that this thread takes from now on: `labels` is an id
 * from sampler_intern_labels, 0 for none. Cheap: one store. Returns the id
 * that was set before. [the thread itself] */
uint32_t sampler_set_labels(uint32_t labels);
uint32_t sampler_get_labels(void);

/* A request, for profiles of slow ones. It belongs to one thread, is all zeros
 * when it begins, and stays in place until it ends. */
struct sampler_request {
    int64_t number; /* when it began (monotonic, ns), or a little later where
                       two began at once: no two have the same */
    volatile bool is_sampled;
    uint64_t traced; /* the last trace that was told of it (trace.h), or 0 */
};
void sampler_begin_request(struct sampler_request *request, int64_t start_ns);
void sampler_end_request(struct sampler_request *request);

/* What the samples are of that this thread takes from now on: labels as in
 * sampler_set_labels, and a request, NULL for none. Returns what was before, in
 * two registers. [the thread itself] */
struct sampler_context {
    struct sampler_request *request;
    uint32_t labels;
};
struct sampler_context sampler_switch(struct sampler_context to);

struct sampler_label {
    const char *key;
    const char *value;
};

/* An id for a set of labels; equal sets get equal ids, and ids live for ever:
 * keep the values few (a route's pattern, not its path). 0 when out of
 * memory. [any thread] */
uint32_t sampler_intern_labels(const struct sampler_label *labels, unsigned n);

/* The set with one more label, or another value of it; as it is, where it has
 * 16 others already, or when out of memory. */
uint32_t sampler_add_label(uint32_t labels, const char *key, const char *value);

/* Learn the names that C functions have for Lua: goes through package.loaded
 * (`string.format`) and the metatables of userdata. Call after libraries are
 * opened in a state; a library that is required later is learned when one of
 * its functions is first seen in a stack. */
void sampler_learn_names(struct lua_State *L);

/* A stretch in which `L`, not entered through lua_resume, runs on this thread:
 * used by script/call.c round lua_pcall. leave completes waiting samples. */
struct sampler_entry {
    struct lua_State *L;
    struct sampler_entry *outer;
};
void sampler_enter(struct sampler_entry *entry, struct lua_State *L);
void sampler_leave(struct sampler_entry *entry);

#endif
