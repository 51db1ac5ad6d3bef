import Testing

@testable import UnixSocket

@Suite struct UnixSocketTests { @Test func placeholder() {} }
