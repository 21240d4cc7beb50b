/* http_cookies.h -- cookies as scripts see them: http.cookieJar(),
 * http.CookieJar() and res.cookies.
 *
 * Path: module_http.c, http_response.c -> [http_cookies] -> client/cookie_jar.c
 */
#ifndef MODULES_HTTP_COOKIES_H
#define MODULES_HTTP_COOKIES_H

#include <stddef.h>

struct cookie_jar;
struct lua_State;

/* Makes the type of jars known in the state. May raise. */
void http_cookies_open(struct lua_State *L);

/* Pushes a jar that another owner keeps as long as the state. Returns 1. May
 * raise. */
int http_cookies_push(struct lua_State *L, struct cookie_jar *jar);

/* http.CookieJar() returns a new jar, which the garbage collector frees. */
int http_cookies_new(struct lua_State *L);

/* Returns the jar at `index`. Raises if the value is not a jar. */
struct cookie_jar *http_cookies_check(struct lua_State *L, int index);

/* Pushes the cookies that a reply sets: { name = { cookie, ... } }. `headers`
 * are the n bytes of the reply's headers: name NUL value NUL and so on. May
 * raise. */
void http_cookies_push_set(struct lua_State *L, const char *headers, size_t n);

#endif
