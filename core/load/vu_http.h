/* vu_http.h -- how `require "http"` sends for virtual users: through the
 * transfer and the client that each has, counting every outcome.
 *
 * Path: script/module_http.c -> [vu_http] -> client/client.c -> vu_script.c
 */
#ifndef LOAD_VU_HTTP_H
#define LOAD_VU_HTTP_H

struct generator;
struct lua_State;
struct vu;

/* Preload `http` in the state of the generator. May raise. */
void vu_http_install(struct lua_State *L, struct generator *generator);

/* An iteration of the virtual user begins: its cookies are as at the start. */
void vu_http_begin(struct vu *vu);

#endif
