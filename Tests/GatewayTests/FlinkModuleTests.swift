import HTTPFunctionEndpoint
import SpecParser
import TestSupport
import Testing
import TransportCore

@testable import Gateway

/// What the runtime is given to read.
@Suite struct FlinkModuleTests {
    private let transports = StandardTransports()

    private func module(_ yaml: String) -> FunctionModule {
        FunctionModule(
            ModuleText(file: "module.yaml", yaml),
            options: .init(environment: ["HOST": "h"]),
            transports: transports.registry,
            connector: transports.connector
        )
    }

    private func printed(_ yaml: String, _ listen: String = "unix:/run/g.sock", advertise: String? = nil) throws -> String {
        let address = try #require(ListenAddress(parsing: listen))
        let flink = FlinkModule(advertise: advertise, listen: [address], waitLimit: .seconds(10))
        return try flink.text(of: module(yaml)) { module($0) }
    }

    @Test("values of other components in which the runtime will put nothing are told with their places")
    func placeholders() throws {
        let module = module(
            """
            kind: io.statefun.endpoints.v1/http
            spec: {functions: a/*, urlPathTemplate: "http://${HOST}/"}
            ---
            kind: io.statefun.kafka.v1/ingress
            spec:
              id: a/b
              address: ${HOST}:9092
              topics: [{topic: t}, {topic: "${HOST}"}]
            """
        )
        let address = try #require(ListenAddress(parsing: "8080"))
        let warnings = FlinkModule(listen: [address], waitLimit: .seconds(10)).warnings(of: module)
        #expect(warnings.map(\.position) == [SourcePosition(line: 7, column: 12), SourcePosition(line: 8, column: 32)])
        #expect(warnings.allSatisfy { $0.severity == .warning && $0.file == "module.yaml" })
    }

    private static let changed: [(before: String, after: String)] = [
        (
            """
            # One.
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: a/*  # all
              urlPathTemplate: http://${HOST}/{function.name}  # where
              maxNumBatchRequests: 5
              transport:  # how
                # first
                call: 2 min # long
                # second
                type: io.statefun.transports.v1/async
                pool_size: 5
            # end
            """,
            """
            # One.
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: a/*  # all
              urlPathTemplate: http+unix:///run/g.sock/  # where
              maxNumBatchRequests: 5
              transport:  # how
                # first
                # call: 2 min # long
                # second
                type: io.statefun.transports.v1/okhttp
                timeouts:
                  call: 135 s
                  connect: 1 ms
                  read: 135 s
                  write: 135 s
                # pool_size: 5
            # end
            """
        ),
        (
            "kind: io.statefun.endpoints.v1/http\r\nspec:\r\n  functions: a/*\r\n  urlPathTemplate: 'http://h/'\r\n  timeouts: {call: 5s}\r\n",
            "kind: io.statefun.endpoints.v1/http\r\nspec:\r\n  functions: a/*\r\n  urlPathTemplate: http+unix:///run/g.sock/\r\n"
                + "  timeouts: {call: 20 s, connect: 1 ms, read: 20 s, write: 20 s}\r\n"
        ),
        // The key in its other spelling: the runtime knows one of them only.
        (
            "kind: io.statefun.endpoints.v1/http\nspec:\n  \"function\": a/b # one\n  urlPathTemplate: http://h/\n  timeouts: {call: 5s}\n",
            "kind: io.statefun.endpoints.v1/http\nspec:\n  \"functions\": a/b # one\n  urlPathTemplate: http+unix:///run/g.sock/\n"
                + "  timeouts: {call: 20 s, connect: 1 ms, read: 20 s, write: 20 s}\n"
        ),
        (
            "{\"kind\":\"io.statefun.endpoints.v1/http\",\"spec\":{\"function\":\"a/b\",\"urlPathTemplate\":\"http://h/\"}}",
            "{\"kind\":\"io.statefun.endpoints.v1/http\",\"spec\":{\"functions\":\"a/b\",\"urlPathTemplate\": http+unix:///run/g.sock/, "
                + "timeouts: {call: 75 s, connect: 1 ms, read: 75 s, write: 75 s}}}"
        ),
        (
            "kind: io.statefun.endpoints.v2/http\nspec: {function: a/b, urlPathTemplate: http://h/}",
            "kind: io.statefun.endpoints.v2/http\nspec: {functions: a/b, urlPathTemplate: http+unix:///run/g.sock/, transport: {type: "
                + "io.statefun.transports.v1/okhttp, timeouts: {call: 75 s, connect: 1 ms, read: 75 s, write: 75 s}}}"
        ),
        (
            "kind: io.statefun.endpoints.v2/http\nspec: {urlPathTemplate: http://h/, functions: a/*}",
            "kind: io.statefun.endpoints.v2/http\nspec: {urlPathTemplate: http+unix:///run/g.sock/, transport: {type: "
                + "io.statefun.transports.v1/okhttp, timeouts: {call: 75 s, connect: 1 ms, read: 75 s, write: 75 s}}, functions: a/*}"
        ),
        (
            "kind: io.statefun.endpoints.v2/http\nspec:\n  urlPathTemplate: http://h/\n  functions: a/*\n  transport:",
            "kind: io.statefun.endpoints.v2/http\nspec:\n  urlPathTemplate: http+unix:///run/g.sock/\n  functions: a/*\n  transport: "
                + "{type: io.statefun.transports.v1/okhttp, timeouts: {call: 75 s, connect: 1 ms, read: 75 s, write: 75 s}}"
        ),
        (
            """
            version: "3.0"
            module:
              meta:
                type: remote
              spec:
                endpoints:
                  - endpoint:
                      meta:
                        kind: http
                      spec:
                        functions: a/*
                        urlPathTemplate: http://h/
                        timeouts:
                          call: 1s
                          read: 1s
                  - endpoint:
                      meta: {kind: http}
                      spec:
                        functions: b/*
                        urlPathTemplate: "http://h/b"
            """,
            """
            version: "3.0"
            module:
              meta:
                type: remote
              spec:
                endpoints:
                  - endpoint:
                      meta:
                        kind: http
                      spec:
                        functions: a/*
                        urlPathTemplate: http+unix:///run/g.sock/
                        timeouts:
                          call: 16 s
                          connect: 1 ms
                          write: 16 s
                          read: 16 s
                  - endpoint:
                      meta: {kind: http}
                      spec:
                        functions: b/*
                        urlPathTemplate: http+unix:///run/g.sock/
                        timeouts:
                          call: 75 s
                          connect: 1 ms
                          read: 75 s
                          write: 75 s
            """
        ),
        (
            "kind: io.statefun.endpoints.v2/http\nspec:\n  functions: a/*\n  urlPathTemplate: http://h/\n  transport: &t\n"
                + "    timeouts: &x\n      call: 1s\n---\nkind: some.other/kind\nspec:\n  urlPathTemplate: http://h/\n  text: |\n    transport:\n",
            "kind: io.statefun.endpoints.v2/http\nspec:\n  functions: a/*\n  urlPathTemplate: http+unix:///run/g.sock/\n  transport: &t\n"
                + "    type: io.statefun.transports.v1/okhttp\n"
                + "    timeouts: &x\n      call: 16 s\n      connect: 1 ms\n      read: 16 s\n      write: 16 s\n---\nkind: some.other/kind\nspec:\n  urlPathTemplate: http://h/\n  text: |\n"
                + "    transport:\n"
        ),
    ]

    @Test("addresses and transports change, and nothing else does", arguments: changed)
    func changes(before: String, after: String) throws {
        let text = try printed(before)
        #expect(text == after)
        #expect(!module(text).hasErrors)
    }

    @Test("over TCP the runtime gets its asynchronous transport, with the limits of the endpoint")
    func tcp() throws {
        let text = try printed(
            "kind: io.statefun.endpoints.v2/http\nspec:\n  functions: a/*\n  urlPathTemplate: https://h/\n  transport:\n"
                + "    type: io.statefun.transports.v1/async\n    pool_size: 7\n    payload_max_bytes: 99\n    trust_cacerts: /dev/null\n",
            "0.0.0.0:8080"
        )
        #expect(
            text
                == "kind: io.statefun.endpoints.v2/http\nspec:\n  functions: a/*\n  urlPathTemplate: http://127.0.0.1:8080/\n  transport:\n"
                + "    type: io.statefun.transports.v1/async\n    call: 135 s\n    connect: 10 s\n    pool_size: 7\n    payload_max_bytes: 99\n"
                + "    # trust_cacerts: /dev/null\n"
        )
    }

    @Test("what only the gateway understands is put in for the runtime")
    func written() throws {
        let text = try printed(
            "kind: io.statefun.endpoints.v2/http\nspec:\n  functions: '${HOST}/*' # all\n  urlPathTemplate: http://x/\n"
                + "  maxNumBatchRequests: ${BATCH:-5} # few\n  transport: {type: io.statefun.transports.v1/async, call: 1s}\n"
                + "---\nkind: io.statefun.endpoints.v1/http\nspec:\n  functions: b\n  urlPathTemplate: http://x/\n",
            "8080"
        )
        #expect(text.contains("  functions: \"h/*\" # all\n"))
        #expect(text.contains("  maxNumBatchRequests: 5 # few\n"))
        #expect(text.contains("  functions: \"b/*\"\n"))
        #expect(!text.contains("${"))
    }

    @Test(
        "no limit of the runtime is above its call, and none above what it can count",
        arguments: [("1 ms", "7 s", "7 s"), ("25d", "2147483 s", "10 s")]
    )
    func limits(call: String, patience: String, connect: String) throws {
        let address = try #require(ListenAddress(parsing: "8080"))
        let flink = FlinkModule(listen: [address], waitLimit: .seconds(1))
        let yaml =
            "kind: io.statefun.endpoints.v1/http\nspec:\n  functions: a/b\n  urlPathTemplate: http://x/\n  timeouts: {call: \(call)}\n"
        let text = try flink.text(of: module(yaml)) { module($0) }
        #expect(text.contains("timeouts: {call: \(patience), connect: \(connect), read: \(patience), write: \(patience)}"))
    }

    @Test("what is printed can be printed again: only the times grow")
    func again() throws {
        for (before, _) in Self.changed {
            let once = try printed(before)
            let twice = try printed(once)
            func withoutTimes(_ text: String) -> String { text.replacing(#/\d+ s\b/#, with: "T") }
            #expect(withoutTimes(once) == withoutTimes(twice))
        }
    }

    private static let refused: [(yaml: String, listen: String, advertise: String?, says: String)] = [
        ("a", "unix:/run/gateway", nil, "ends in .sock"),
        ("a", "unix:/run/a.sock/g.sock", nil, "the first part of the path that ends in .sock"),
        ("a", "unix:/run/a b/g.sock", nil, "would read otherwise"),
        ("a", "8080", "https://h", "does not speak TLS"),
        ("a", "8080", "nonsense", "nonsense"),
        ("a", "0", nil, "--advertise"),
        (">-\n    http://h/", "8080", nil, "takes several lines"),
        ("http://h/\n  transport: {\n    call: 5s}", "8080", nil, "takes several lines"),
    ]

    @Test("what cannot be printed is refused with what to do", arguments: refused)
    func refusals(url: String, listen: String, advertise: String?, says: String) throws {
        let yaml = "kind: io.statefun.endpoints.v2/http\nspec:\n  functions: a/*\n  urlPathTemplate: \(url == "a" ? "http://h/" : url)"
        #expect {
            _ = try printed(yaml, listen, advertise: advertise)
        } throws: { error in
            "\(error)".contains(says)
        }
    }

    private static let addresses: [(text: String, means: ListenAddress?)] = [
        ("unix:/a", .socket(path: "/a")), ("unix:a.sock", .socket(path: "a.sock")), ("unix:///a", .socket(path: "/a")), ("unix:", nil),
        ("8080", .port(host: "127.0.0.1", port: 8080)), (":8080", .port(host: "127.0.0.1", port: 8080)),
        ("host:1", .port(host: "host", port: 1)), ("[::1]:1", .port(host: "::1", port: 1)), ("::1:1", nil), ("host", nil), ("", nil),
        ("host:", nil), ("host:65536", nil), ("host:-1", nil), ("http://a:1", nil), ("[a]:1", nil),
    ]

    @Test("addresses to listen at", arguments: addresses)
    func listening(text: String, means: ListenAddress?) {
        #expect(ListenAddress(parsing: text) == means)
    }
}
