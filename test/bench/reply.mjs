/** About as much as the gateway answers to the question of the bench. */
export const reply = {
  id: 'f1e2d3c4-b5a6-4890-b1c2-d3e4f5a6b7c8',
  chatId: 'ab12cd34-ef56-4890-ab12-cd34ef567890',
  type: 'answer',
  content:
    'Yes, we do. Parcels to Canada take 6 to 10 working days and cost 14.90 EUR; orders over 150 EUR travel free of charge.',
  createdAt: '2025-07-08T16:32:15Z',
};
