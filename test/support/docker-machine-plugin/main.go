// A docker-machine driver plugin for tests, of Go's standard library only. It "makes" a host by handing out one that
// runs already. What it logs, and how it fails on demand, is for the tests to see.
package main

import (
	"fmt"
	"net"
	"net/http"
	"net/rpc"
	"os"
	"time"
)

func main() {
	if os.Getenv("MACHINE_PLUGIN_TOKEN") != "42" {
		fmt.Println("This is a Docker Machine plugin binary.")
		os.Exit(1)
	}
	if os.Getenv("HANDED_DIES") == "at start" {
		fmt.Fprintln(os.Stderr, "panic: no such luck")
		os.Exit(2)
	}
	server := &Server{driver: Driver{SSHUser: "root", SSHPort: 22}, beats: make(chan bool), closed: make(chan bool)}
	rpc.HandleHTTP()
	rpc.RegisterName("RPCServerDriver", server)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr())
	go http.Serve(listener, nil)
	for {
		select {
		case <-server.closed:
			os.Exit(0)
		case <-server.beats:
		case <-time.After(10 * time.Second):
			os.Exit(1)
		}
	}
}
