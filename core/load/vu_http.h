/* vu_http.h -- how `require "http"` sends for virtual users: with the transfer
 * and the client that each virtual user has, counting every outcome.
 *
 * Path: modules/module_http.c -> [vu_http] -> client/client.c -> vu_script.c
 */
#ifndef LOAD_VU_HTTP_H
#define LOAD_VU_HTTP_H

struct generator;
struct lua_State;
struct vu;

/* Preloads `http` in the generator's Lua state. May raise. [main thread] */
void vu_http_install(struct lua_State *L, struct generator *generator);

/* Called when an iteration of the virtual user begins: clears its cookies,
 * unless the option noCookiesReset is set. [generator's thread] */
void vu_http_begin(struct vu *vu);

#endif
