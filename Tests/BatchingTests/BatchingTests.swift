import Testing

@testable import Batching

@Suite struct BatchingTests { @Test func placeholder() {} }
