/**
 * Runs before each suite. @nestjs/throttler is CommonJS and requires Nest, which is ESM: allowed once Nest is loaded, but
 * not while it is loading, and jest loads a suite with all it imports at once.
 */
import '@nestjs/common';
import '@nestjs/core';
