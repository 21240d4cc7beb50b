/* option_value.h -- reads one value of the script's options.
 *
 * All functions read the value on top of the stack and leave it there. `path`
 * is the option's name in messages, such as `options.scenarios.a.rate`. The
 * functions return false and set err, which says which values are allowed, if
 * the value is wrong.
 *
 * Path: config_read.c -> [option_value] -> config.h
 */
#ifndef LOAD_OPTION_VALUE_H
#define LOAD_OPTION_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "load/config.h"

struct lua_State;

/* Sets err to a message that `path` must be `what`, and names the value that it
 * has. Returns false. */
bool option_expected(struct lua_State *L, const char *path, const char *what,
                     struct err *err);

/* Greatest count. The product of two counts, such as iterations and virtual
 * users (CONFIG_VUS_MAX), fits in 64 bits. */
#define OPTION_COUNT_MAX INT64_C(1000000000000)

/* Reads a whole number from `least` to `most`. */
bool option_count(struct lua_State *L, int64_t least, int64_t most,
                  int64_t *out, const char *path, struct err *err);

/* Reads a duration: a string such as "1m30s", or a number of milliseconds, as
 * in k6. `*out` is in nanoseconds. */
bool option_duration(struct lua_State *L, int64_t *out, const char *path,
                     struct err *err);

/* Reads one line of text into `out`, which has CONFIG_NAME_MAX + 1 bytes. */
bool option_text(struct lua_State *L, char *out, const char *path,
                 struct err *err);

/* Read the name of an executor, a list of columns of the summary, "queue" or
 * "drop", and a list of stages. */
bool option_executor(struct lua_State *L, const struct executor **out,
                     const char *path, struct err *err);
bool option_trend_stats(struct lua_State *L, struct trend_stats *out,
                        const char *path, struct err *err);
bool option_overload(struct lua_State *L, enum overload *out, const char *path,
                     struct err *err);
bool option_stages(struct lua_State *L, struct stages *stages, const char *path,
                   struct err *err);

/* Reads a table of strings. New variables are put before those that `*out`
 * has. */
bool option_variables(struct lua_State *L, struct variable **out,
                      const char *path, struct err *err);

#endif
