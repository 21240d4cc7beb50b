// The handlers of bench/serve.sh for Go's net/http.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strings"
)

type reply struct {
	ID       int      `json:"id"`
	Name     string   `json:"name"`
	Greeting string   `json:"greeting"`
	Price    float64  `json:"price"`
	Tags     []string `json:"tags"`
}

var body = []byte(strings.Repeat("0123456789abcdef", 100*1024/16))

func main() {
	http.HandleFunc("GET /json", func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Query().Get("name")
		text, err := json.Marshal(reply{
			ID:       4711,
			Name:     name,
			Greeting: "Hello, " + name,
			Price:    12.75,
			Tags:     []string{"fast", "small"},
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write(text)
	})
	http.HandleFunc("GET /body", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Content-Length", "102400")
		w.Write(body)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
