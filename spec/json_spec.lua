-- json_spec.lua: the Lua module json, in a handler of the server.
local support = require "support"

local ROUTES = [==[
local json = require "json"

-- Runs the body as Lua, with the variable `json`.
return {
  ["POST /run"] = function(req)
    local chunk = assert(load("local json = ... " .. req.body))
    local ok, result = pcall(chunk, json)
    return (ok and "" or "error: ") .. tostring(result)
  end,
}
]==]

describe("json", function()
  local folder, server

  setup(function()
    folder = support.new_folder()
    support.write_file(folder .. "/routes.lua", ROUTES)
    server = support.serve { "--workers", "1", folder }
  end)

  teardown(function()
    server:stop()
    support.remove_folder(folder)
  end)

  local function run(code)
    local status, body =
      support.request(server.url .. "/run", { method = "POST", body = code })
    assert.equal(200, status)
    return body
  end

  describe("encode", function()
    for code, want in pairs {
      ["nil"] = "null",
      ["json.null"] = "null",
      ["true"] = "true",
      ["1"] = "1",
      ["1.0"] = "1.0",
      ["-0.5"] = "-0.5",
      ["1e100"] = "1e+100",
      ["math.mininteger"] = "-9223372036854775808",
      ["2^53"] = "9007199254740992.0",
      ["'a\\n\\0\"'"] = '"a\\n\\u0000\\""',
      ["{}"] = "{}",
      ["json.array()"] = "[]",
      ["json.array {}"] = "[]",
      ["{1, {2}, 'x'}"] = '[1,[2],"x"]',
      ["{[2] = 'b', [1] = 'a'}"] = '["a","b"]',
      ["{a = {b = {}}}"] = '{"a":{"b":{}}}',
      ["{json.null, 1}"] = "[null,1]",
    } do
      it("writes " .. code, function()
        assert.equal(want, run("return json.encode(" .. code .. ")"))
      end)
    end

    for code, reason in pairs {
      ["0/0"] = "value: NaN has no JSON",
      ["-math.huge"] = "value: infinity has no JSON",
      ["{a = {1, {b = print}}}"] = "value.a[2].b: a function has no JSON",
      ["{1, 2, x = 3}"] = "value: a table with the key 1 is no array 1..n",
      -- What comes before the last element in a traversal, too.
      ["{n = 6, nil, true}"] = "value: a table with the key 2 is no array 1..n",
      ["(function() local t = {} t.x = 1 t[1] = 1 t.y = 1 return t end)()"] =
        "value: a table with the key 1 is no array 1..n",
      ["{[10] = 1}"] = "value: a table with the key 10 is no array 1..n",
      ["{[true] = 1}"] = "value: an object's keys must be strings, got a boolean",
      ["(function() local t = {} t.x = {t} return t end)()"] =
        "value.x[1]: the table contains itself",
      ["io.stdout"] = "value: a userdata has no JSON",
    } do
      it("refuses " .. code, function()
        local result = run("return json.encode(" .. code .. ")")
        assert.truthy(result:find("error: ", 1, true), result)
        assert.truthy(result:find(reason, 1, true), result)
      end)
    end

    it("has a limit of depth, within which it is right", function()
      local nest = "local t = {} for i = 2, %d do t = {t} end " ..
        "return json.encode(t)"
      assert.equal(("["):rep(127) .. "{}" .. ("]"):rep(127),
        run(nest:format(128)))
      assert.truthy(run(nest:format(129)):find("more than 128 levels", 1, true))
    end)

    it("takes a table twice that is no cycle", function()
      assert.equal("[[1],[1]]", run "local t = {1} return json.encode {t, t}")
    end)

    it("goes on after an error in the middle", function()
      assert.equal("[1]", run [[
        pcall(json.encode, { 1, 2, print })
        return json.encode { 1 }]])
    end)

    it("stands a collector at its most aggressive", function()
      assert.equal("true", run [[
        collectgarbage("generational")
        collectgarbage("setpause", 0)
        local rows = {}
        for i = 1, 200 do rows[i] = { id = i, name = "row " .. i } end
        local text = json.encode(rows)
        for _ = 1, 20 do
          collectgarbage()
          if #json.encode(json.decode(text)) ~= #text then return false end
        end
        return true]])
    end)
  end)

  describe("decode", function()
    -- Each text is decoded and encoded again.
    for text, want in pairs {
      ["null"] = "null",
      [" true "] = "true",
      ["0"] = "0",
      ["-12"] = "-12",
      ["1.50"] = "1.5",
      ["1E2"] = "100.0",
      ["9223372036854775807"] = "9223372036854775807",
      ["9223372036854775808"] = "9.223372036854776e+18",
      ['"a\\u00e9\\ud83d\\ude00\\/\\n"'] = '"aé😀/\\n"',
      ['"\\u0000"'] = '"\\u0000"',
      ["[]"] = "[]",
      ["{}"] = "{}",
      ["[1, [2, null], {}]"] = "[1,[2,null],{}]",
      ['{"a":1,"a":2}'] = '{"a":2}',
      ["\t[\r\n1 ]\n"] = "[1]",
    } do
      it("reads " .. text, function()
        local code = "return json.encode(json.decode([==[\n" .. text .. "]==]))"
        assert.equal(want, run(code))
      end)
    end

    for text, reason in pairs {
      [""] = "line 1, column 1: a value expected",
      ["nul"] = "line 1, column 1: a value expected",
      ["[1,]"] = "line 1, column 4: a value expected",
      ["[1 2]"] = "line 1, column 4: ',' or ']' expected",
      ['{"a" 1}'] = "line 1, column 6: ':' expected",
      ["{a:1}"] = "line 1, column 2: a key in double quotes expected",
      ['{"a":1\n,\n}'] = "line 3, column 1: a key in double quotes expected",
      ["1 2"] = "line 1, column 3: the end of the text expected",
      ["01"] = "line 1, column 2: the end of the text expected",
      ["-"] = "line 1, column 2: a digit is missing",
      ["1."] = "line 1, column 3: a digit is missing",
      ["1e"] = "line 1, column 3: a digit is missing",
      ["1e999"] = "a number is out of range",
      ["+1"] = "line 1, column 1: a value expected",
      ["NaN"] = "line 1, column 1: a value expected",
      ['"a'] = "line 1, column 3: a string without its end",
      ['"\\x"'] = "line 1, column 3: an unknown escape",
      ['"\\u12g4"'] = "\\u needs four hexadecimal digits",
      ['"\\ud800"'] = "a lone surrogate",
      ['"\\udc00"'] = "a lone surrogate",
      ['"a\tb"'] = "line 1, column 3: a control character in a string",
    } do
      it("refuses " .. text, function()
        local result = run("return json.decode([==[\n" .. text .. "]==])")
        assert.truthy(result:find("^error: .*json: "), result)
        assert.truthy(result:find(reason, 1, true), result)
      end)
    end

    it("has a limit of depth", function()
      local code = "return #json.encode(json.decode(('['):rep(%d) .. (']'):rep(%d)))"
      assert.equal("256", run(code:format(128, 128)))
      assert.truthy(run(code:format(129, 129)):find("128 levels", 1, true))
      assert.truthy(run(code:format(1e6, 0)):find("128 levels", 1, true))
    end)

    it("refuses a NUL in the text", function()
      assert.truthy(run("return json.decode('[1\\0]')"):find("expected", 1, true))
    end)

    it("gives integers as integers and floats as floats", function()
      assert.equal("integer float integer", run [[
        local t = json.decode "[1, 1.0, -0]"
        return math.type(t[1]) .. " " .. math.type(t[2]) .. " " .. math.type(t[3])]])
    end)
  end)
end)
