/* http_cookies.h -- cookies as scripts see them: http.cookieJar(),
 * http.CookieJar() and res.cookies.
 */
#ifndef MODULES_HTTP_COOKIES_H
#define MODULES_HTTP_COOKIES_H

#include <stddef.h>

struct cookie_jar;
struct lua_State;

/* Make the type of jars known in the state. May raise. */
void http_cookies_open(struct lua_State *L);

/* Push a jar that is somebody else's and stays. Returns 1. May raise. */
int http_cookies_push(struct lua_State *L, struct cookie_jar *jar);

/* http.CookieJar(): a new one */
int http_cookies_new(struct lua_State *L);

/* The jar at `index`. Raises: there is none. */
struct cookie_jar *http_cookies_check(struct lua_State *L, int index);

/* Push the table of what a reply sets: name = { cookie, ... }. `headers` are n
 * bytes: name NUL value NUL... May raise. */
void http_cookies_push_set(struct lua_State *L, const char *headers, size_t n);

#endif
