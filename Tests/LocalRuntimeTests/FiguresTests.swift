import RequestReply
import RuntimeCore
import Testing
import TransportCore

@testable import LocalRuntime

/// The figures of a runtime in the text format of Prometheus.
@Suite struct FiguresTests {
    @Test("labels are escaped, and each bucket of a histogram counts what is in those below")
    func format() {
        var histogram = RuntimeFigures.Histogram(bounds: [0.5, 1])
        for value in [0.25, 0.5, 0.75, 4] {
            histogram.add(value)
        }
        var text = PrometheusText()
        text.metric("size", .histogram, "How large.")
        text.sample("size", [("name", "a\"b\\c\nd")], histogram)
        #expect(
            text.text == #"""
                # HELP size How large.
                # TYPE size histogram
                size_bucket{name="a\"b\\c\nd",le="0.5"} 2
                size_bucket{name="a\"b\\c\nd",le="1.0"} 3
                size_bucket{name="a\"b\\c\nd",le="+Inf"} 4
                size_sum{name="a\"b\\c\nd"} 5.5
                size_count{name="a\"b\\c\nd"} 4

                """#
        )
    }

    @Test("names of functions that a function makes up get no figures of their own: what was sent there is counted in one place")
    func unserved() async throws {
        let functions = ScriptedFunctions { _, _ in
            var result = ScriptedFunctions.Result()
            result.outgoingMessages = (0..<3).map { number in
                var message = WireFromFunction.Invocation()
                message.target = MessageAddress(namespace: "other", type: "made-up-\(number)", id: "x").wire
                message.argument = FunctionValue.int(1).wire
                return message
            }
            return result
        }
        let runtime = try await AdministeredRuntime(functions)
        _ = try await runtime.send(to: .counter("a"))
        try await runtime.waitsForNothing()
        #expect(try await runtime.letters().count == 3)
        let lines = await runtime.runtime.administration.figures().split(separator: "\n").map(String.init)
        #expect(!lines.contains { $0.contains("made-up") })
        #expect(lines.contains(#"statefun_dead_letters_total{function="unserved"} 3"#))
        #expect(lines.contains(#"statefun_dead_letters_total{function="com.example/counter"} 0"#))
        await runtime.stop()
    }

    @Test("what was handled, what waits and what was given up are counted by function")
    func counts() async throws {
        let runtime = try await AdministeredRuntime(ScriptedFunctions(ScriptedFunctions.counting))
        _ = try await runtime.send(to: .counter("a"))
        try await runtime.waitsForNothing()
        runtime.functions.become(ScriptedFunctions.failing(.protocolBroken))
        _ = try await runtime.send(to: .counter("a"))
        try await runtime.waitsForNothing()
        runtime.functions.become(ScriptedFunctions.failing(.timedOut))
        _ = try await runtime.send(to: .counter("a"))
        try await runtime.waits { $0.first?.standing == .pausing }
        let lines = await runtime.runtime.administration.figures().split(separator: "\n").map(String.init)
        let label = #"{function="com.example/counter"}"#
        for line in [
            "statefun_in_total\(label) 1", "statefun_ingress_total\(label) 3", "statefun_dead_letters_total\(label) 1",
            "statefun_backlog\(label) 1", "statefun_blocked_addresses\(label) 1", "statefun_inflight_async_ops\(label) 0",
            #"statefun_batch_size_bucket{function="com.example/counter",le="1.0"} 4"#, "statefun_batch_size_count\(label) 4",
            "statefun_calls_in_flight 0", "statefun_waiting_messages 1", "statefun_store_failing 0",
        ] {
            #expect(lines.contains(line))
        }
        // Every sample belongs to a metric that says its kind, and every metric says it once.
        let declared = lines.filter { $0.hasPrefix("# TYPE ") }.map { String($0.split(separator: " ")[2]) }
        #expect(Set(declared).count == declared.count)
        for line in lines where !line.hasPrefix("#") {
            #expect(declared.contains { line.hasPrefix($0) })
        }
        await runtime.stop()
    }
}
