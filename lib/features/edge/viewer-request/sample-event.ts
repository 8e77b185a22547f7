/** The event of a GET request, as CloudFront passes it to a viewer-request function ("CloudFront Functions event structure"). */
export const sampleEvent = {
  version: '1.0',
  context: { eventType: 'viewer-request' },
  viewer: { ip: '198.51.100.7' },
  request: {
    method: 'GET',
    uri: '/products/aurora-12',
    querystring: {},
    headers: { host: { value: 'api.store.example' } },
    cookies: {},
  },
};
