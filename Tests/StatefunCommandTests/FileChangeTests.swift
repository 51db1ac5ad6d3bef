import Testing

@testable import statefun

/// When a file that is looked at again and again counts as another one.
@Suite struct FileChangeTests {
    @Test("a file is another one when it has been seen twice the same")
    func pieces() {
        var change = FileChange(from: "a")
        let seen = ["a", "b", "bc", "bc", "bc", "a", "bc", "bc", "a", "a"].map { change.looked(at: $0) }
        #expect(seen == [.nothing, .nothing, .nothing, .changed, .nothing, .nothing, .nothing, .nothing, .nothing, .changed])
    }

    @Test("a file that could not be used is tried again now and then, until it is another one or can be used")
    func refused() {
        var change = FileChange(from: "a")
        #expect(["b", "b"].map { change.looked(at: $0) }.last == .changed)
        change.refused()
        let looks = FileChange<String>.looksBetweenAttempts
        for _ in 0..<3 {
            #expect((1...looks).map { _ in change.looked(at: "b") } == Array(repeating: .nothing, count: looks - 1) + [.refusedBefore])
        }
        change.used()
        #expect((1...looks * 2).allSatisfy { _ in change.looked(at: "b") == .nothing })
        change.refused()
        #expect(["c", "c"].map { change.looked(at: $0) } == [.nothing, .changed])
        #expect((1...looks * 2).allSatisfy { _ in change.looked(at: "c") == .nothing })
    }

    @Test("what somebody asks for is not told of again")
    func asked() {
        var change = FileChange(from: "a")
        change.asked(for: "b")
        #expect(["b", "b", "a", "a"].map { change.looked(at: $0) } == [.nothing, .nothing, .nothing, .changed])
    }
}
