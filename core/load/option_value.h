/* option_value.h -- reads one value of the script's options, the one on top of
 * the stack. `path` is the option's name for messages, such as
 * `options.scenarios.a.rate`; false and err say what is allowed.
 */
#ifndef LOAD_OPTION_VALUE_H
#define LOAD_OPTION_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "load/config.h"

struct lua_State;

/* Say that `path` must be `what`, and what it is. Returns false. */
bool option_expected(struct lua_State *L, const char *path, const char *what,
                     struct err *err);

/* More than anybody needs, and few enough to be multiplied by virtual users. */
#define OPTION_COUNT_MAX INT64_C(1000000000000)

/* A whole number from `least` to `most`. */
bool option_count(struct lua_State *L, int64_t least, int64_t most,
                  int64_t *out, const char *path, struct err *err);

/* "1m30s", or a number of milliseconds, as in k6; into nanoseconds. */
bool option_duration(struct lua_State *L, int64_t *out, const char *path,
                     struct err *err);

/* One line, into CONFIG_NAME_MAX + 1 bytes. */
bool option_text(struct lua_State *L, char *out, const char *path,
                 struct err *err);

bool option_executor(struct lua_State *L, const struct executor **out,
                     const char *path, struct err *err);
bool option_trend_stats(struct lua_State *L, struct trend_stats *out,
                        const char *path, struct err *err);
bool option_overload(struct lua_State *L, enum overload *out, const char *path,
                     struct err *err);
bool option_stages(struct lua_State *L, struct stages *stages, const char *path,
                   struct err *err);

/* A table of strings; new ones are put before those that are there. */
bool option_variables(struct lua_State *L, struct variable **out,
                      const char *path, struct err *err);

#endif
