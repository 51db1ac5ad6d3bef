import NIOConcurrencyHelpers
import TestSupport
import Testing

@Suite struct GateTests {
    @Test("whoever waits, and whoever comes later, goes through when it opens, once")
    func opening() async throws {
        let gate = Gate()
        let passed = NIOLockedValueBox<[Int]>([])
        gate.whenOpen { passed.withLockedValue { $0.append(1) } }
        #expect(!gate.isOpen)
        #expect(passed.withLockedValue { $0.isEmpty })
        gate.open()
        gate.open()
        #expect(gate.isOpen)
        gate.whenOpen { passed.withLockedValue { $0.append(2) } }
        #expect(passed.withLockedValue { $0 } == [1, 2])
        try await gate.opened()
    }

    @Test("waiting for a gate that stays shut ends at its limit")
    func limit() async {
        let error = await #expect(throws: WaitedTooLong.self) { try await Gate().opened("the gate", within: .milliseconds(1)) }
        #expect(error?.what == "the gate")
    }

    @Test("a gate is equal to itself only")
    func equality() {
        let gate = Gate()
        #expect(gate == gate)
        #expect(gate != Gate())
    }
}
